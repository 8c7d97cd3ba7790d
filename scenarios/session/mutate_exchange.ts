/** Exchanges that are nearly right: valid messages with a few things changed. */

/** A control message, or a frame. */
export type Message = string | Uint8Array;

type Random = () => number;

/** What often leads somewhere, in control messages. */
const tokens = [
  ['{', '}', '[', ']', ',', ':', '"', '\\', '\\u0000', '\\ud800', '\0', '\ufeff', ' ', '\n', '{}', '[]', '""'],
  ['0', '-1', '1.5', '1e3', '1e400', '4294967296', '9007199254740991', '9007199254740992', 'null', 'true', 'NaN'],
  ['"__proto__"', '"constructor"', '"type"', '"type":"bye",', '"type":"hello",', '"a/../b"', '"../x"', '"sub":1,'],
  ['"offset":0,', '"epoch":9007199254740991,', '"create":true,', '"key":"k",', `"${'x'.repeat(600)}"`, '['.repeat(600)],
].flat();
/** Integers at edges. */
const edges = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 64n - 1n,
];

/** The exchange with one to four things changed, mostly one. */
export function mutateExchange(exchange: readonly Message[], random: Random): Message[] {
  let messages = [...exchange];
  const changes = 1 + Math.trunc(random() * random() * 4);
  for (let change = 0; change < changes; change++) {
    if (messages.length === 0) return messages;
    const at = Math.trunc(random() * messages.length);
    if (random() < 0.3) messages = pick(reorders, random)(messages, at, random);
    else messages[at] = mutateMessage(messages[at] ?? '', random);
  }
  return messages;
}

/** One message with one thing changed. */
export function mutateMessage(message: Message, random: Random): Message {
  return typeof message === 'string'
    ? pick(textChanges, random)(message, random)
    : pick(byteChanges, random)(message, random);
}

const reorders: readonly ((messages: Message[], at: number, random: Random) => Message[])[] = [
  function drop(messages, at) {
    return messages.toSpliced(at, 1);
  },
  function repeat(messages, at) {
    return messages.toSpliced(at, 0, messages[at] ?? '');
  },
  function move(messages, at, random) {
    const to = Math.trunc(random() * messages.length);
    return messages.toSpliced(at, 1).toSpliced(to, 0, messages[at] ?? '');
  },
  function cutOff(messages, at) {
    return messages.slice(0, at);
  },
  function sayAllTwice(messages) {
    return [...messages, ...messages];
  },
  function changeKind(messages, at) {
    const message = messages[at] ?? '';
    const other = typeof message === 'string' ? new TextEncoder().encode(message) : new TextDecoder().decode(message);
    return messages.toSpliced(at, 1, other);
  },
];

const textChanges: readonly ((text: string, random: Random) => Message)[] = [
  function insertToken(text, random) {
    const at = Math.trunc(random() * (text.length + 1));
    return text.slice(0, at) + pick(tokens, random) + text.slice(at);
  },
  function replaceValue(text, random) {
    const values = [...text.matchAll(/(?<=:)(?:\d+|"[^"]*"|true|false|null)/g)];
    if (values.length === 0) return text;
    const [{ index, 0: value }] = [pick(values, random)];
    return text.slice(0, index) + pick(tokens, random) + text.slice(index + value.length);
  },
  function smallNumber(text, random) {
    const numbers = [...text.matchAll(/(?<=:)\d+/g)];
    if (numbers.length === 0) return text;
    const { index, 0: number } = pick(numbers, random);
    return text.slice(0, index) + String(Math.trunc(random() * 5)) + text.slice(index + number.length);
  },
  function dropField(text, random) {
    const fields = [...text.matchAll(/"\w+":(?:\d+|"[^"]*"|true|false|null),?/g)];
    if (fields.length === 0) return text;
    const { index, 0: field } = pick(fields, random);
    return text.slice(0, index) + text.slice(index + field.length);
  },
  function changeCharacter(text, random) {
    const at = Math.trunc(random() * text.length);
    return text.slice(0, at) + String.fromCharCode(Math.trunc(random() * 128)) + text.slice(at + 1);
  },
  function cutText(text, random) {
    return text.slice(0, Math.trunc(random() * text.length));
  },
];

const byteChanges: readonly ((bytes: Uint8Array, random: Random) => Message)[] = [
  function flipBit(bytes, random) {
    const changed = bytes.slice();
    const at = Math.trunc(random() * changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.trunc(random() * 8));
    return changed;
  },
  function edgeInteger(bytes, random) {
    const changed = bytes.slice();
    const size = pick([4, 8] as const, random);
    if (changed.length < size) return changed;
    const at = Math.trunc((random() * (changed.length - size + 1)) / 4) * 4;
    const view = new DataView(changed.buffer);
    const value = pick(edges, random);
    if (size === 8) view.setBigUint64(at, value, true);
    else view.setUint32(at, Number(value & 0xffff_ffffn), true);
    return changed;
  },
  function cutBytes(bytes, random) {
    return bytes.slice(0, Math.trunc(random() * bytes.length));
  },
  function lengthen(bytes, random) {
    return joined([bytes, new Uint8Array(1 + Math.trunc(random() * 64)).fill(Math.trunc(random() * 256))]);
  },
  function repeatRange(bytes, random) {
    const from = Math.trunc(random() * bytes.length);
    const to = Math.min(bytes.length, from + 1 + Math.trunc(random() * 64));
    return joined([bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to)]);
  },
];

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function pick<T>(list: readonly T[], random: Random): T {
  const one = list[Math.trunc(random() * list.length)];
  if (one === undefined) throw new Error('There is nothing to pick from');
  return one;
}
