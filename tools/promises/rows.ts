/** A row that tests cite by its id. */
export interface Row {
  readonly id: string;
  readonly text: string;
}

/** The promises: what Packetboat stands for. ARCHITECTURE.md tells how each is kept. */
export const promises: readonly Row[] = [
  {
    id: 'P1',
    text: 'Durable: an append is acknowledged only after it is on stable storage, and the receipt says how safe that is.',
  },
  {
    id: 'P2',
    text: 'Once: a retry of the same producer, epoch and sequence is a duplicate, as long as the stream exists.',
  },
  { id: 'P3', text: 'Ordered: a producer’s records keep their order, and all readers of a stream see one order.' },
  {
    id: 'P4',
    text: 'Resumable: a session survives lost links and restarts within its window; reading goes on at the exact record.',
  },
  { id: 'P5', text: 'Verifiable: a running checksum and count per stream, and a CRC per batch, checked at every hop.' },
  { id: 'P6', text: 'No silent gap: what is lost to a limit is told where the reader would have found it.' },
  { id: 'P7', text: 'Bounded: every queue, buffer, body, loop and wait has a limit, and every refusal says why.' },
  {
    id: 'P8',
    text: 'Fail-stop: a failed or uncertain write is never turned into a success; a full disk refuses writes and recovers.',
  },
  { id: 'P9', text: 'Closed by default: nobody reads or writes what they were not granted.' },
];

/** How systems like this one have failed before; each is tried against ours. */
export const failures: readonly Row[] = [
  { id: 'F1', text: 'Acknowledged before it was synced.' },
  { id: 'F2', text: 'Data durable, but not what recognises its duplicate.' },
  { id: 'F3', text: 'A failed sync is tried again and seems to succeed.' },
  { id: 'F4', text: 'An acknowledged delete or close comes back.' },
  { id: 'F5', text: 'A torn tail or a zeroed page blocks the start.' },
  { id: 'F6', text: 'Old data is removed before the pointer to the new is durable.' },
  { id: 'F7', text: 'A forgotten producer’s retry is stored a second time.' },
  { id: 'F8', text: 'Resuming needs earlier traffic, or succeeds only once.' },
  { id: 'F9', text: 'Queued records are dropped when the client dies.' },
  { id: 'F10', text: 'A gap that nobody is told of.' },
  { id: 'F11', text: 'A retry changes the order.' },
  { id: 'F12', text: 'The cost of recovery grows with the backlog.' },
  { id: 'F13', text: 'A dead connection keeps a lock.' },
  { id: 'F14', text: 'Bit rot spreads, or reads as absence.' },
  { id: 'F15', text: 'A committed tail vanishes without a word.' },
  { id: 'F16', text: 'Connections beyond the file limit are accepted and dropped.' },
];

/** The acceptance scenarios of the sensor path. */
export const acceptances: readonly Row[] = [
  {
    id: 'A0.1',
    text: 'Sensor, shipper and server for a while: every record is stored, byte-equal, in order, acknowledged once.',
  },
  {
    id: 'A0.2',
    text: 'Server down, records queued, shipper killed twice: all are stored once when the server starts.',
  },
  {
    id: 'A0.3',
    text: 'Requests pass, every response is lost: nothing is stored twice, all is acknowledged in the end.',
  },
  { id: 'A0.4', text: 'Server killed right after an acknowledgement: no acknowledged record is missing.' },
  { id: 'A0.5', text: 'A fast sensor during continuous shipping: the counts are equal.' },
  {
    id: 'A0.6',
    text: 'Torn, blank and garbage lines: later records flow, bad ones are set aside, none is acknowledged as stored.',
  },
  { id: 'A0.7', text: 'The clock goes back, two records carry one time: all are stored.' },
  {
    id: 'A0.8',
    text: 'The server answers errors or hangs: nothing is removed locally, the client retries with backoff.',
  },
  {
    id: 'A0.9',
    text: 'Names that climb out of the folder, bodies without end: refused; nothing outside the data folder.',
  },
  { id: 'A0.10', text: 'The server’s disk is full: no acknowledgement, a clear error, recovery when there is room.' },
];

/** Work that will hold a row which no test holds yet, or the rest of one. */
export const planned: ReadonlyMap<string, string> = new Map([['P9', 'accounts']]);

/**
 * Rows that tests may cite beside those above, as area and highest number: invariants (I), hostile inputs (H), traps of
 * the language (T), requirements of a system (S), their clarifications (C) and its acceptance (A).
 */
const citable: ReadonlyMap<string, number> = new Map([
  ...Object.entries({ I: 12, H: 40, T: 10 }),
  ...Object.entries({ S0: 28, S1: 23, S2: 30, S3: 37, S4: 25 }),
  ...Object.entries({ C0: 5, C1: 4, C2: 10, C3: 4, C4: 22 }),
  ...Object.entries({ A1: 9, A2: 10, A3: 10, A4: 10 }),
]);

/** Whether tests may cite `id`. */
export function isKnownRow(id: string): boolean {
  if ([...promises, ...failures, ...acceptances].some((row) => row.id === id)) return true;
  const [, area = '', number = ''] = /^([IHT]|[SCA]\d\.)(\d+)$/.exec(id) ?? [];
  const highest = citable.get(area.replace('.', '')) ?? 0;
  return !number.startsWith('0') && Number(number) <= highest && number !== '';
}
