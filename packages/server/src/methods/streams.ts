import { checkStreamName, type CreateOptions, PacketboatError, quoted, type StreamInfo } from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import { method } from './method.ts';

const oneStream = { stream: 'text' } as const;

/** Streams in one answer: with the longest names they still fit a control message. */
const listLimitMax = 50;

/** `StreamInfo` as JSON: times are decimal strings, for they exceed 2^53. */
export function streamInfoJson(info: StreamInfo): object {
  return { ...info, createdNs: info.createdNs.toString() };
}

export const streamMethods = [
  method(
    'streams.create',
    { stream: 'text', contentType: 'text?', ageMsMax: 'integer?', bytesMax: 'integer?' },
    async (broker, { stream, contentType, ageMsMax, bytesMax }) => {
      checkName(broker, stream);
      const retention = { ...(ageMsMax !== undefined && { ageMsMax }), ...(bytesMax !== undefined && { bytesMax }) };
      const options: CreateOptions = { ...(contentType !== undefined && { contentType }), retention };
      const { kind, info } = await broker.store.log.create(stream, options);
      return { kind, info: streamInfoJson(info) };
    },
  ),
  method('streams.info', oneStream, async (broker, { stream }) => found(stream, await broker.store.log.info(stream))),
  method(
    'streams.list',
    { prefix: 'text?', after: 'text?', limit: 'integer?' },
    async (broker, { prefix = '', after, limit = listLimitMax }) => {
      const infos = await broker.store.log.list(prefix, after, Math.min(limit, listLimitMax));
      return infos.map(streamInfoJson);
    },
  ),
  method('streams.trim', { stream: 'text', before: 'integer' }, async (broker, { stream, before }) =>
    found(stream, await broker.store.log.trim(stream, before)),
  ),
  method('streams.close', oneStream, async (broker, { stream }) => found(stream, await broker.store.log.close(stream))),
  method('streams.delete', oneStream, async (broker, { stream }) => {
    const { log } = broker.store;
    const outcome = await log.delete(stream);
    if (outcome === 'notFound') throw missing(stream, outcome);
    // Also when it is gone already: whoever deleted it may have been interrupted here.
    await broker.cursors.deleteAll(stream, async () => {
      const info = await log.info(stream);
      return typeof info === 'string' ? undefined : info.incarnation;
    });
    if (outcome === 'gone') throw missing(stream, outcome);
    return {};
  }),
  method('streams.acceptLoss', oneStream, async (broker, { stream }) =>
    found(stream, await broker.store.log.acceptLoss(stream)),
  ),
];

function checkName(broker: Broker, stream: string): void {
  checkStreamName(stream, broker.limits.streamNameBytesMax);
}

function found(stream: string, info: StreamInfo | 'notFound' | 'gone'): object {
  if (typeof info === 'string') throw missing(stream, info);
  return streamInfoJson(info);
}

function missing(stream: string, why: 'notFound' | 'gone'): PacketboatError {
  const message = why === 'gone' ? `Stream ${quoted(stream)} was deleted` : `There is no stream ${quoted(stream)}`;
  return new PacketboatError(why, message);
}
