/** Amounts and times as a person reads them. */

/** `12 records`, `1 record`. */
export function describeCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** `250 ms`, `1.5 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function describeDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 10_000) return `${Number((durationMs / 1_000).toFixed(1))} s`;
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.trunc(minutes / 60)} h ${minutes % 60} min`;
}

/** A CRC-32 as eight hex digits. */
export function describeChecksum(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

/** Formats times of records in the local time zone, to the millisecond: `2021-02-01 12:00:35.112`. */
export class LocalTime {
  readonly #format: Intl.DateTimeFormat;
  #second = NaN;
  #text = '';

  /** @param timeZone @default the machine's own */
  constructor(timeZone?: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', {
      ...(timeZone !== undefined && { timeZone }),
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
  }

  format(timeNs: bigint): string {
    // Rounded down also before 1970, so that the milliseconds are never negative.
    const millisecond = Number((timeNs - (((timeNs % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
    const second = Math.floor(millisecond / 1_000);
    if (second !== this.#second) {
      const parts = new Map(this.#format.formatToParts(second * 1_000).map(({ type, value }) => [type, value]));
      const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
      this.#text = `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
      this.#second = second;
    }
    return `${this.#text}.${String(millisecond - second * 1_000).padStart(3, '0')}`;
  }
}
