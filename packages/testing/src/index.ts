export { type MetadataCase, metadataConformance, type MetadataUnderTest } from './metadata-conformance.ts';
export { randomEvents } from './random-events.ts';
