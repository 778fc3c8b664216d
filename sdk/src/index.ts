export type { components, operations, paths } from './api-types.ts';
export {
  type DeliveryProof,
  type ExpectedProof,
  type KeySet,
  type ProvenOutcome,
  verifyDeliveryProof,
} from './delivery-proof.ts';
export {
  ApiError,
  ConnectionError,
  DamagedFileError,
  isProblem,
  OrderReportsError,
  VerificationError,
} from './errors.ts';
export type { FollowOptions } from './events.ts';
export type { ClientOptions, SentBody } from './http-client.ts';
export type { Import, ImportOptions } from './imports.ts';
export { JobEndedError, type JobHandle, type WatchOptions } from './job-handle.ts';
export { OrderReports } from './order-reports.ts';
export { CallbackVerifier, type VerifierOptions } from './receiver/callback-verifier.ts';
export { isJobCallback, type ReceivedEvent, Receiver, type ReceiverOptions } from './receiver/receiver.ts';
export { MemorySeenEvents, type SeenEvents } from './receiver/seen-events.ts';
export type { ReportFile } from './report-file.ts';
export type { Report, ReportFormat, SubmitOptions } from './reports.ts';
export type * from './types.ts';
export type { Recovery, Redelivery, SignedProof } from './webhooks.ts';
