import type {
  Absence,
  AppendOutcome,
  AppendRequest,
  CreateOptions,
  CreateOutcome,
  Log,
  LogListener,
  Proof,
  ReadOutcome,
  StreamInfo,
} from '@packetboat/core';

/** A log that hands everything on: a subclass changes what it wants to. */
export class ForwardingLog implements Log {
  protected readonly inner: Log;

  constructor(inner: Log) {
    this.inner = inner;
  }

  create(stream: string, options?: CreateOptions): Promise<CreateOutcome> {
    return this.inner.create(stream, options);
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return this.inner.append(request);
  }

  read(stream: string, from: number, bytesMax: number): Promise<ReadOutcome> {
    return this.inner.read(stream, from, bytesMax);
  }

  info(stream: string): Promise<StreamInfo | Absence> {
    return this.inner.info(stream);
  }

  list(prefix: string, after: string | undefined, limit: number): Promise<StreamInfo[]> {
    return this.inner.list(prefix, after, limit);
  }

  producer(stream: string, id: string): ReturnType<Log['producer']> {
    return this.inner.producer(stream, id);
  }

  close(stream: string): Promise<StreamInfo | Absence> {
    return this.inner.close(stream);
  }

  delete(stream: string): Promise<'deleted' | Absence> {
    return this.inner.delete(stream);
  }

  touch(stream: string): void {
    this.inner.touch(stream);
  }

  offsetAtTime(stream: string, timeNs: bigint): Promise<number | Absence> {
    return this.inner.offsetAtTime(stream, timeNs);
  }

  trim(stream: string, before: number): Promise<StreamInfo | Absence> {
    return this.inner.trim(stream, before);
  }

  acceptLoss(stream: string): Promise<StreamInfo | Absence> {
    return this.inner.acceptLoss(stream);
  }

  witness(proof: Proof): ReturnType<Log['witness']> {
    return this.inner.witness(proof);
  }

  listen(listener: LogListener): void {
    this.inner.listen(listener);
  }
}
