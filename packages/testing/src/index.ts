export { type DatastoreCase, datastoreConformance, type DatastoreUnderTest } from './datastore-conformance.ts';
export { type MetadataCase, metadataConformance, type MetadataUnderTest } from './metadata-conformance.ts';
export { randomEvents } from './random-events.ts';
