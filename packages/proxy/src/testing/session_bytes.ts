/** What a server of ours sends, as bytes. */

/** The answer to the upgrade. */
export const upgraded = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

export function textFrame(message: object): Buffer {
  return webSocketFrame(0x81, Buffer.from(JSON.stringify(message)));
}

export function binaryFrame(payload: Uint8Array): Buffer {
  return webSocketFrame(0x82, payload);
}

/** An unmasked frame (RFC 6455 section 5.2). */
export function webSocketFrame(firstByte: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header.writeUInt8(firstByte, 0);
  if (length < 126) header.writeUInt8(length, 1);
  else if (length < 65_536) header.writeUInt16BE(length, header.writeUInt8(126, 1));
  else header.writeBigUInt64BE(BigInt(length), header.writeUInt8(127, 1));
  return Buffer.concat([header, payload]);
}
