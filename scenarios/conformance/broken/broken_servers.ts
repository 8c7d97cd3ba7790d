import type { BrokenServer } from './broken_server.ts';
import { callFaults } from './call_faults.ts';
import { greetingFaults } from './greeting_faults.ts';
import { livenessFaults } from './liveness_faults.ts';
import { producingFaults } from './producing_faults.ts';
import { readingFaults } from './reading_faults.ts';
import { sequenceFaults } from './sequence_faults.ts';
import { sessionFaults } from './session_faults.ts';

/** Servers that the session suite must not pass, in the order of the document. */
export const brokenServers: readonly BrokenServer[] = [
  ...greetingFaults,
  ...livenessFaults,
  ...producingFaults,
  ...readingFaults,
  ...callFaults,
  ...sessionFaults,
  ...sequenceFaults,
];
