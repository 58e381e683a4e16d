export { type ErrorCode, errorCodes, type ExitCode, exitCodes } from './codes.ts';
export { isLeatError, LeatError, type LeatErrorFacts, type SourcePlace } from './leat-error.ts';
