export { type ErrorCode, exitCodes } from './codes.ts';
export { isLeatError, LeatError, type SourcePlace } from './leat-error.ts';
