/** Date, time, fraction of a second, distance to UTC. */
const pattern = /^([1-9]\d{3})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** The time that `text` says (RFC 3339), in nanoseconds since the Unix epoch; `undefined` when it says none. */
export function parseRfc3339(text: string): bigint | undefined {
  const [whole, year, month, day, hour, minute, second, fraction = '', sign, ...zone] = pattern.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const numbers = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = numbers;
  const [zoneHours = 0, zoneMinutes = 0] = sign === undefined ? [] : zone.map(Number);
  const daysInMonth = (Date.UTC(y, mo, 1) - Date.UTC(y, mo - 1, 1)) / 86_400_000;
  // A leap second is the second after it.
  const isTime = h <= 23 && mi <= 59 && s <= 60 && zoneHours <= 23 && zoneMinutes <= 59;
  if (mo < 1 || mo > 12 || d < 1 || d > daysInMonth || !isTime) return undefined;
  const zoneMs = (zoneHours * 60 + zoneMinutes) * 60_000 * (sign === '-' ? -1 : 1);
  const utcMs = Date.UTC(y, mo - 1, d, h, mi, s) - zoneMs;
  return BigInt(utcMs) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The last moment that the format can write. */
const lastMs = 253_402_300_799_999;

/**
 * `timeMs`, in milliseconds since the Unix epoch, as RFC 3339 in UTC; without a fraction when it is a whole second. What
 * lies past the year 9999 is shown as its last moment.
 */
export function formatRfc3339(timeMs: number): string {
  return new Date(Math.min(timeMs, lastMs)).toISOString().replace('.000Z', 'Z');
}
