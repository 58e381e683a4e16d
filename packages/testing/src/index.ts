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
export { BatchServer, type BatchServerOptions, type ListedJob } from './batch-server.ts';
export { ContainerEngine, type Said, writeContainersConf } from './container-engine.ts';
export { imageFolder, type OwnImage, ownImage, type TestImage, testImage } from './container-images.ts';
export type { DatastoreCase, DatastoreUnderTest } from './datastore/datastore-case.ts';
export { datastoreConformance } from './datastore/datastore-conformance.ts';
export type { MetadataCase, MetadataUnderTest } from './metadata/metadata-case.ts';
export { metadataConformance } from './metadata/metadata-conformance.ts';
export { randomEvents } from './metadata/random-events.ts';
export { isMeantFor, type LayerCase, layerConformance, type SubjectAbilities } from './layer-conformance.ts';
export { type Fault, type FaultOptions, FaultProxy, type SeenRequest } from './fault-proxy.ts';
export { PostgresServer } from './postgres-server.ts';
export { findProgram, freePort, ServerProcess, type ServerSetting } from './programs.ts';
export { Random } from './random.ts';
export type { SimulatedMember, SimulatedTask } from './simulated/simulated-job.ts';
export { SimulatedLayer } from './simulated/simulated-layer.ts';
export type { SimulatedFaults, SimulatedLayerOptions } from './simulated/simulated-layer-options.ts';
export { type MotoOptions, MotoServer } from './s3/moto-server.ts';
export { SwiftServer } from './s3/swift-server.ts';
export { VersityServer } from './s3/versity-server.ts';
export { VirtualClock } from './virtual-clock.ts';
