/** The front door of `@packetboat/core`: words, rules and ports. Runs in browsers; does no I/O. */
export * from './append.ts';
export * from './batch.ts';
export * from './control.ts';
export { crc32 } from './crc32.ts';
export * from './errors.ts';
export * from './frame.ts';
export { FrameReceiver, type FrameReceiverOptions } from './frame_receiver.ts';
export { FrameSender, type FrameSenderOptions } from './frame_sender.ts';
export { Heartbeat, type HeartbeatOptions } from './heartbeat.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { parseSensorLine, type SensorLine } from './line.ts';
export { MemoryStore, type MemoryStoreOptions } from './memory_store.ts';
export { checkStreamName, compareNames, hex, quoted } from './names.ts';
export type { Clock, Crc32, Random, Timer, Timers, World } from './ports.ts';
export { checkShape, type Field, type MessageOf, type Shape } from './shape.ts';
export type { Spool, SpooledBatch, SpoolStatus } from './spool.ts';
export type * from './store.ts';
export type { CommitOutcome, Key, ScanOptions, Table, Tx } from './tx.ts';
