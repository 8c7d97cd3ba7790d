/** What a record of a simulated producer says of itself. */
export interface Payload {
  readonly producer: string;
  readonly epoch: number;
  /** Which life of the program made it. */
  readonly run: number;
  /** From 0 in each life. */
  readonly index: number;
}

/** Reads `<producer>/<epoch>/<run> <index> …`; `undefined` for what is no such record. */
export function parsePayload(text: string): Payload | undefined {
  const match = /^([\w-]+)\/(\d+)\/(\d+) (\d+) /.exec(text);
  if (match === null) return undefined;
  const [, producer = '', epoch, run, index] = match;
  return { producer, epoch: Number(epoch), run: Number(run), index: Number(index) };
}

/** Makes a payload of at least `bytes` bytes, all of which follow from what it says. */
export function formatPayload({ producer, epoch, run, index }: Payload, bytes: number): string {
  const head = `${producer}/${epoch}/${run} ${index} `;
  return head + String(index % 10).repeat(Math.max(1, bytes - head.length));
}
