/**
 * Every bound in one place (P7). Tests pass tiny values; operators may lower them.
 * Units stand last in each name.
 */
export interface Limits {
  /** Payload bytes of one record. @default 1_000_000 */
  readonly recordBytesMax: number;
  /** Records in one batch. @default 65_536 */
  readonly batchRecordsMax: number;
  /**
   * Bytes of one sealed batch, header included: room for what HTTP clients send when they gather about 1 MiB.
   *
   * @default 2_095_104 (2 MiB − 2 KiB)
   */
  readonly batchBytesMax: number;
  /** Bytes at which a producer seals what it has gathered. @default 262_144 */
  readonly batchBytesTarget: number;
  /** Bytes of the batches one stored segment gathers; a larger batch has one of its own. @default 1_047_552 */
  readonly segmentBytesMax: number;
  /** Bytes of one WebSocket message; larger ones close the connection with 1009. @default 2_096_128 (2 MiB − 1 KiB) */
  readonly frameBytesMax: number;
  /** Bytes of one text (control) frame. @default 65_536 */
  readonly controlBytesMax: number;
  /** Bytes of batches that one commit takes from the queue. @default 4_194_304 */
  readonly commitBytesMax: number;
  /** Bytes of appends waiting for the store, over all streams; beyond it `busy`. @default 67_108_864 */
  readonly appendQueueBytesMax: number;
  /** Bytes of one producer's batches not yet acknowledged. @default 4_194_304 */
  readonly windowBytesMax: number;
  /** Batches of one producer not yet acknowledged; never more than `recentBatchesMax`. @default 64 */
  readonly windowBatchesMax: number;
  /** Batches of a producer whose original offset is remembered for duplicates (P2). @default 64 */
  readonly recentBatchesMax: number;
  /** Producers that one stream remembers; beyond it a new one is refused (P2). @default 100_000 */
  readonly producersPerStreamMax: number;
  /** UTF-8 bytes of a producer id. @default 128 */
  readonly producerIdBytesMax: number;
  /** UTF-8 bytes of a stream name. @default 512 */
  readonly streamNameBytesMax: number;
  /** Names of streams in one store. A deleted one counts, for it is remembered, and may be used again. @default 1_000_000 */
  readonly streamsMax: number;
  /** Forks of forks of forks: how many of them may follow one another. @default 64 */
  readonly forkDepthMax: number;
  /** Keys and cursors in the store's Map. @default 1_000_000 */
  readonly mapEntriesMax: number;
  /** Bytes of one value in the store's Map. @default 65_536 */
  readonly mapValueBytesMax: number;
  /** Bytes one read from the store returns at most (always at least one segment). @default 1_047_552 */
  readonly readBytesMax: number;
  /** Connections of the server, those kept for sessions that are away included; beyond it `fullHouse` (F16). @default 10_000 */
  readonly connectionsMax: number;
  /** Producing channels of one connection. @default 1_024 */
  readonly channelsPerConnectionMax: number;
  /** Subscriptions of one connection. @default 1_024 */
  readonly subscriptionsPerConnectionMax: number;
  /** Credit a subscription may hold, in bytes. @default 8_388_608 */
  readonly creditBytesMax: number;
  /** Bytes buffered for one connection that does not read; beyond it nothing is added. @default 1_048_576 */
  readonly connectionBufferBytesMax: number;
  /** Time after which a connection that takes nothing of what waits for it is closed. @default 60_000 */
  readonly slowReaderMs: number;
  /** Calls of one connection that wait for their result. @default 64 */
  readonly callsPerConnectionMax: number;
  /** Bytes of encoded segments kept for readers that are a little behind, over all streams. @default 16_777_216 */
  readonly frameCacheBytesMax: number;
  /** Reads for catching up that the store works on at a time. @default 4 */
  readonly readsInFlightMax: number;
  /** Bytes a new connection may send before it is welcomed. @default 8_192 */
  readonly greetingBytesMax: number;
  /** Time a new connection has for its hello. @default 5_000 */
  readonly helloTimeoutMs: number;
  /** Time after which a client gives an attempt up that has brought no welcome: a fraction of the window. @default 10_000 */
  readonly welcomeTimeoutMs: number;
  /** Idle time after which each side speaks. @default 10_000 */
  readonly heartbeatMs: number;
  /** Silent heartbeat intervals after which a peer is given up. @default 3 */
  readonly heartbeatsMissedMax: number;
  /** How long a detached session is kept. @default 30_000 */
  readonly windowMs: number;
  /** Sessions of one server, attached or detached; beyond it a new one is refused as `fullHouse`. @default 8_192 */
  readonly sessionsMax: number;
  /** Sequences that run at a time; a further one is refused as `busy`. @default 8_192 */
  readonly sequencesMax: number;
  /** Numbers of a sequence. @default 1_000_000 */
  readonly sequenceNumbersMax: number;
  /** The shortest time from one number to the next. @default 10 */
  readonly sequenceTickMsMin: number;
  /** Time after which a server that gives no sign is taken for dead, where several share a store. @default 15_000 */
  readonly serverLeaseMs: number;
  /** Long-polls and event streams over HTTP at a time, over all clients. @default 8_192 */
  readonly liveReadersMax: number;
  /** The same of one client address. @default 4_096 */
  readonly liveReadersPerClientMax: number;
  /** How long a long-poll waits for news. @default 20_000 */
  readonly longPollMs: number;
  /** After what time an event stream ends, so that its reader comes back. @default 60_000 */
  readonly sseMs: number;
  /** Webhook and pull-wake subscriptions in one store. @default 1_000 */
  readonly subscriptionsMax: number;
  /** Bytes of all that one of them remembers: its configuration and its links, as JSON. @default 524_288 */
  readonly subscriptionBytesMax: number;
  /** Events of one of them after which one event takes the place of all before it. @default 256 */
  readonly subscriptionEventsMax: number;
  /** Requests about one of them that wait. @default 64 */
  readonly subscriptionRequestsMax: number;
  /** Acks in one request about one of them. @default 10_000 */
  readonly acksPerRequestMax: number;
  /** UTF-8 bytes of the name of a worker that claims. @default 128 */
  readonly workerNameBytesMax: number;
  /** The longest first wait after nobody could be told of work; it doubles with each failure. @default 1_000 */
  readonly wakeRetryMs: number;
  /** The longest wait of all. @default 60_000 */
  readonly wakeRetryMsMax: number;
  /** Calls of webhooks at a time. @default 128 */
  readonly webhooksInFlightMax: number;
  /** Time in which a webhook's receiver must take the connection. @default 5_000 */
  readonly webhookConnectMs: number;
  /** Time in which it must have answered, connecting included. @default 10_000 */
  readonly webhookTimeoutMs: number;
  /** Bytes of its answer that are read. @default 16_384 */
  readonly webhookAnswerBytesMax: number;
  /** Bytes of one HTTP request body. @default 2_000_000 */
  readonly bodyBytesMax: number;
  /** Bytes of all HTTP request bodies on their way in; what would be more is refused as `busy`. @default 67_108_864 */
  readonly bodiesBytesMax: number;
  /** Bytes of a refused request's body that are read and thrown away, so that its sender reads why. @default 16_777_216 */
  readonly refusedBodyBytesMax: number;
  /** Time for which that is done. @default 2_000 */
  readonly refusedBodyMs: number;
  /** Arrays and objects that may stand in one another in JSON records. @default 512 */
  readonly jsonDepthMax: number;
  /** Characters of a stream's content type. @default 256 */
  readonly contentTypeCharactersMax: number;
  /** Characters of an idempotency key, and of a `Stream-Seq`. @default 256 */
  readonly keyCharactersMax: number;
  /** Bytes of one HTTP request's line and headers. @default 16_384 */
  readonly headerBytesMax: number;
  /** Header fields of one HTTP request. @default 100 */
  readonly headersMax: number;
  /** Bytes of one HTTP request's target. @default 8_192 */
  readonly urlBytesMax: number;
  /** Time in which an HTTP request's headers must be complete. @default 10_000 */
  readonly headersTimeoutMs: number;
  /** Time in which an HTTP request must be complete. @default 30_000 */
  readonly requestTimeoutMs: number;
  /** Time an idle HTTP connection is kept. @default 5_000 */
  readonly keepAliveMs: number;
  /** Lines in one request at the line door. @default 10_000 */
  readonly linesPerRequestMax: number;
  /** Time for which the HTTP door remembers an `Idempotency-Key`. @default 86_400_000 (24 h) */
  readonly idempotencyKeyMs: number;
  /** `Idempotency-Key`s remembered for calls of the JSON API. @default 100_000 */
  readonly idempotencyKeysMax: number;
  /** Time for which the key of a call over a session is remembered. @default 600_000 (10 min) */
  readonly callKeyMs: number;
  /** Keys of calls over sessions that are remembered. @default 100_000 */
  readonly callKeysMax: number;
  /** Over what time the requests of one client address are counted. @default 10_000 */
  readonly rateWindowMs: number;
  /** Requests to the JSON API of one client address in `rateWindowMs`; `Infinity` for any number. @default 5_000 */
  readonly apiRequestsPerWindowMax: number;
  /** Appends over HTTP of one client address in `rateWindowMs`; `Infinity` for any number. @default 200_000 */
  readonly appendsPerWindowMax: number;
  /** Time a graceful stop may take before connections are cut. @default 10_000 */
  readonly stopTimeoutMs: number;
}

/** What a server or client uses unless told otherwise. */
export const defaultLimits: Limits = Object.freeze({
  recordBytesMax: 1_000_000,
  batchRecordsMax: 65_536,
  batchBytesMax: 2_095_104,
  batchBytesTarget: 262_144,
  segmentBytesMax: 1_047_552,
  frameBytesMax: 2_096_128,
  controlBytesMax: 65_536,
  commitBytesMax: 4_194_304,
  appendQueueBytesMax: 67_108_864,
  windowBytesMax: 4_194_304,
  windowBatchesMax: 64,
  recentBatchesMax: 64,
  producersPerStreamMax: 100_000,
  producerIdBytesMax: 128,
  streamNameBytesMax: 512,
  streamsMax: 1_000_000,
  forkDepthMax: 64,
  mapEntriesMax: 1_000_000,
  mapValueBytesMax: 65_536,
  readBytesMax: 1_047_552,
  connectionsMax: 10_000,
  channelsPerConnectionMax: 1_024,
  subscriptionsPerConnectionMax: 1_024,
  creditBytesMax: 8_388_608,
  connectionBufferBytesMax: 1_048_576,
  slowReaderMs: 60_000,
  callsPerConnectionMax: 64,
  frameCacheBytesMax: 16_777_216,
  readsInFlightMax: 4,
  greetingBytesMax: 8_192,
  helloTimeoutMs: 5_000,
  welcomeTimeoutMs: 10_000,
  heartbeatMs: 10_000,
  heartbeatsMissedMax: 3,
  windowMs: 30_000,
  sessionsMax: 8_192,
  sequencesMax: 8_192,
  sequenceNumbersMax: 1_000_000,
  sequenceTickMsMin: 10,
  serverLeaseMs: 15_000,
  liveReadersMax: 8_192,
  liveReadersPerClientMax: 4_096,
  longPollMs: 20_000,
  sseMs: 60_000,
  subscriptionsMax: 1_000,
  subscriptionBytesMax: 524_288,
  subscriptionEventsMax: 256,
  subscriptionRequestsMax: 64,
  acksPerRequestMax: 10_000,
  workerNameBytesMax: 128,
  wakeRetryMs: 1_000,
  wakeRetryMsMax: 60_000,
  webhooksInFlightMax: 128,
  webhookConnectMs: 5_000,
  webhookTimeoutMs: 10_000,
  webhookAnswerBytesMax: 16_384,
  bodyBytesMax: 2_000_000,
  bodiesBytesMax: 67_108_864,
  refusedBodyBytesMax: 16_777_216,
  refusedBodyMs: 2_000,
  jsonDepthMax: 512,
  contentTypeCharactersMax: 256,
  keyCharactersMax: 256,
  headerBytesMax: 16_384,
  headersMax: 100,
  urlBytesMax: 8_192,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 5_000,
  linesPerRequestMax: 10_000,
  idempotencyKeyMs: 86_400_000,
  idempotencyKeysMax: 100_000,
  callKeyMs: 600_000,
  callKeysMax: 100_000,
  rateWindowMs: 10_000,
  apiRequestsPerWindowMax: 5_000,
  appendsPerWindowMax: 200_000,
  stopTimeoutMs: 10_000,
});
