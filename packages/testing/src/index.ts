export type { LayerUnderTest } from './conformance-jobs.ts';
export {
  type Behaviour,
  asChunk,
  behaviours,
  conformanceContext,
  conformanceContextIn,
  conformanceRequest,
  printedLine,
  printedLines,
} from './conformance-tasks.ts';
export { BatchServer, type BatchServerOptions } from './batch-server.ts';
export { ContainerEngine, type Said, writeContainersConf } from './container-engine.ts';
export { imageFolder, type TestImage, testImage } from './container-images.ts';
export {
  type DatastoreCase,
  datastoreConformance,
  type DatastoreUnderTest,
} from './datastore-conformance.ts';
export { type MetadataCase, metadataConformance, type MetadataUnderTest } from './metadata-conformance.ts';
export { isMeantFor, type LayerCase, layerConformance, type SubjectAbilities } from './layer-conformance.ts';
export { type Fault, type FaultOptions, FaultProxy, type SeenRequest } from './fault-proxy.ts';
export { PostgresServer } from './postgres-server.ts';
export { findProgram, freePort, ServerProcess, type ServerSetting } from './programs.ts';
export { randomEvents } from './random-events.ts';
export { Random } from './random.ts';
export type { SimulatedMember, SimulatedTask } from './simulated-job.ts';
export { SimulatedLayer } from './simulated-layer.ts';
export type { SimulatedFaults, SimulatedLayerOptions } from './simulated-layer-options.ts';
export { type MotoOptions, MotoServer } from './s3/moto-server.ts';
export { SwiftServer } from './s3/swift-server.ts';
export { VersityServer } from './s3/versity-server.ts';
export { VirtualClock } from './virtual-clock.ts';
