/** The front door of `@packetboat/client`: producers that never lose or repeat, readers that continue where they stopped. */
export {
  errorTable,
  type ErrorCode,
  PacketboatError,
  type SequenceAlgorithm,
  type SequenceNumber,
  type SequenceResult,
  type SessionIdentity,
  type WhenExpired,
} from '@packetboat/core';
export type { EndReason } from './arrivals.ts';
export type { Backoff, BackoffOptions } from './backoff.ts';
export type { CallOptions } from './calls.ts';
export type { Channel } from './channel.ts';
export type { ChannelOptions } from './channel_options.ts';
export type { Client } from './client.ts';
export { connect, type ConnectOptions } from './connect.ts';
export type { CursorPosition, Cursors } from './cursors.ts';
export type { Outbox, OutboxOptions, OutboxStatus } from './outbox.ts';
export { platformWorld } from './platform_world.ts';
export type { Producer, ProducerOptions, PublishOptions } from './producer.ts';
export type { ReadRecord } from './read_record.ts';
export type { Position, Reader, ReadOptions } from './reader.ts';
export type { Receipt } from './receipt.ts';
export type { Sequence, SequenceOptions } from './sequence.ts';
export type { SessionKeeper } from './session_keeper.ts';
export { shipSpool, type ShipSpoolOptions } from './ship_spool.ts';
export type { AcknowledgedBatch, Shipper, ShipperChannel, ShipperClient, ShipperCounts } from './shipper.ts';
export type { Status, StatusChange, StatusEvent } from './status.ts';
export type { CreateStreamOptions, ListStreamsOptions, Streams } from './streams.ts';
export type { WebSocketConstructor, WebSocketLike } from './web_socket.ts';
