import { type ErrorCode, PacketboatError } from '@packetboat/core';

/** Something that is not as it was stored. */
export interface CheckProblem {
  readonly code: ErrorCode;
  /** The stream, row, file or blob. */
  readonly where: string;
  readonly message: string;
}

/** What a check found. */
export interface CheckReport {
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  /** What was looked at: streams, their segments, records and bytes, and blobs. */
  readonly streams: number;
  readonly segments: number;
  readonly records: number;
  readonly bytes: number;
  readonly blobs: number;
  /** How many problems there are; the first thousand of them are told. */
  readonly problemCount: number;
  readonly problems: readonly CheckProblem[];
}

const problemsMax = 1_000;

/** Gathers what a check finds. */
export class Findings {
  streams = 0;
  segments = 0;
  records = 0;
  bytes = 0;
  blobs = 0;
  #problemCount = 0;
  readonly #problems: CheckProblem[] = [];

  add(code: ErrorCode, where: string, message: string): void {
    this.#problemCount += 1;
    if (this.#problems.length < problemsMax) this.#problems.push({ code, where, message });
  }

  /** Runs a part of the check; when it cannot go on, that is a problem and not the end of the check. */
  attempt(where: string, part: () => void): void {
    try {
      part();
    } catch (error) {
      this.add(error instanceof PacketboatError ? error.code : 'damaged', where, String(error));
    }
  }

  report(): CheckReport {
    const { streams, segments, records, bytes, blobs } = this;
    const problemCount = this.#problemCount;
    return { ok: problemCount === 0, streams, segments, records, bytes, blobs, problemCount, problems: this.#problems };
  }
}
