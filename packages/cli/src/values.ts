/** Parsers of what options and arguments say. Each throws commander's usage error, naming what is expected. */
import { checkStreamName, defaultLimits } from '@packetboat/core';
import { InvalidArgumentError } from 'commander';

const durationUnits = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const byteUnits = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
]);

/** `250ms`, `1.5s`, `10m`, `2h`, `7d` as milliseconds. */
export function parseDuration(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(ms|s|m|min|h|d)$/.exec(text) ?? [];
  const durationMs = Number(number) * (durationUnits.get(unit) ?? NaN);
  if (number === '' || !Number.isFinite(durationMs)) throw bad('Give a time with its unit: 250ms, 10s, 5m, 2h, 7d.');
  return durationMs;
}

/** A duration, or `0` for no limit. */
export function parseTimeout(text: string): number {
  return text === '0' ? 0 : parseDuration(text);
}

/** `65536`, `64kB`, `1.5GB`, `128MiB` as bytes. */
export function parseBytes(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]?i?b)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (byteUnits.get(unit.toLowerCase()) ?? NaN));
  if (number === '' || !Number.isSafeInteger(bytes)) throw bad('Give a size: 65536, 64kB, 128MiB, 2GB.');
  return bytes;
}

/** A whole number, 0 or more. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count)) throw bad('Give a whole number, 0 or more.');
  return count;
}

/** Milliseconds from one heartbeat to the next. */
export function parseHeartbeatMs(text: string): number {
  return parseMilliseconds(text, 10, 3_600_000);
}

/** Milliseconds of a session's window. */
export function parseWindowMs(text: string): number {
  return parseMilliseconds(text, 1, 86_400_000);
}

function parseMilliseconds(text: string, least: number, most: number): number {
  const milliseconds = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(milliseconds >= least && milliseconds <= most)) throw bad(`Give milliseconds: ${least} … ${most}.`);
  return milliseconds;
}

/** 0 … 65535. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw bad('A port is a number in 0 … 65535.');
  return port;
}

/** Where a reader starts. */
export type From = 'start' | 'now' | 'cursor' | number;

export function parseFrom(text: string): From {
  if (text === 'start' || text === 'now' || text === 'cursor') return text;
  const offset = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(offset)) throw bad('Give start, now, cursor, or an offset.');
  return offset;
}

/** A stream's name, checked before anybody is asked. */
export function parseStream(text: string): string {
  try {
    return checkStreamName(text, defaultLimits.streamNameBytesMax);
  } catch (error) {
    throw bad(error instanceof Error ? `${error.message}.` : String(error));
  }
}

/** Who somebody is. */
export function parseId(text: string): string {
  if (text === '') throw bad('Give a name.');
  return text;
}

/** `http://host:port` of a server. */
export function parseServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) {
    throw bad('Give an address such as http://127.0.0.1:8000.');
  }
  if (url.username !== '' || url.password !== '') throw bad('Secrets do not belong into an address.');
  return text;
}

/** Names, separated by commas. */
export function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw bad('Give names, separated by commas.');
  return names;
}

/** Origins as browsers name them, separated by commas; `before` holds those of earlier options. */
export function parseOrigins(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').map(parseOrigin)];
}

/** One origin. */
export function parseOrigin(text: string): string {
  const origin = text.trim().toLowerCase();
  const url = URL.parse(origin);
  if (url !== null && ['http:', 'https:'].includes(url.protocol) && url.origin === origin) return origin;
  throw bad('Give an origin such as https://console.example or http://localhost:5173, without a path.');
}

/** `PORT` or `HOST:PORT`, IPv6 in brackets. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d+)$/.exec(text) ?? [];
  if (port === '') throw bad('Give a port, or host:port.');
  return { host: bracketed ?? plain ?? '127.0.0.1', port: parsePort(port) };
}

function bad(expected: string): InvalidArgumentError {
  return new InvalidArgumentError(expected);
}
