/** `312 B`, `4.7 kB`, `15 MB`. */
export function describeBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= size) return `${bytes >= 10 * size ? Math.round(bytes / size) : (bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}
