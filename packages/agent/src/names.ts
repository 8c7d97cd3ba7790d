/** What a sensor may be called, and what its folder is called on any disk (trap T8). */
import { hash } from 'node:crypto';
import { PacketboatError, checkStreamName, defaultLimits, quoted } from '@packetboat/core';

const folderNameLengthMax = 100;
const prefixLength = 30;

/** Names that Windows gives to devices: no folder can have them. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * Returns `name` when it may stand first in a sensor line and in a stream's name: the rules of stream names,
 * and no white space, because a line's fields are separated by spaces.
 *
 * @throws {PacketboatError} `badName`, quoting what is wrong (S0.8, A0.9).
 */
export function checkSensorName(name: string): string {
  if (/\s/u.test(name)) {
    throw new PacketboatError('badName', `Bad sensor name ${quoted(name)}: it holds white space; use "-" instead`);
  }
  checkStreamName(sensorStream(name), defaultLimits.streamNameBytesMax);
  return name;
}

/** The stream that holds a sensor's records. */
export function sensorStream(name: string): string {
  return `sensors/${name}`;
}

/** The stream from which a device is told things. */
export function inboxStream(name: string): string {
  return `devices/${name}/inbox`;
}

/**
 * Makes one folder or file name of any name. Two names never get the same one, also on disks that do not tell
 * `A` from `a` or that normalise Unicode; no name leads out of its folder.
 *
 * Lower-case letters, digits, `-` and `_` stay; every other byte of the UTF-8 becomes `%` and two hex digits.
 * What would be longer than 100 characters ends in `~` and its SHA-256.
 *
 * @throws {PacketboatError} `badName` for a lone surrogate, which has no UTF-8.
 */
export function encodeName(name: string): string {
  if (!name.isWellFormed()) throw new PacketboatError('badName', `Bad name ${quoted(name)}: it holds a lone surrogate`);
  if (name === '') return '%';
  const encoded = Array.from(Buffer.from(name), encodeByte).join('');
  if (encoded.length > folderNameLengthMax) return `${encoded.slice(0, prefixLength)}~${hash('sha256', encoded)}`;
  return deviceName.test(encoded) ? `${encodeHex(encoded.charCodeAt(0))}${encoded.slice(1)}` : encoded;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[a-z0-9_-]/.test(character) ? character : encodeHex(byte);
}

function encodeHex(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}
