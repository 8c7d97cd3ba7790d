import type { Case } from './case.ts';
import { boundCases } from './cases/bounds.ts';
import { callCases } from './cases/calls.ts';
import { frameCases } from './cases/frames.ts';
import { greetingCases } from './cases/greeting.ts';
import { hostileCases } from './cases/hostile.ts';
import { livenessCases } from './cases/liveness.ts';
import { committingCases } from './cases/committing.ts';
import { producingCases } from './cases/producing.ts';
import { publishingCases } from './cases/publishing.ts';
import { readingCases } from './cases/reading.ts';
import { sequenceCases } from './cases/sequences.ts';
import { sessionCases as resumeCases } from './cases/sessions.ts';

/** Every case of the session protocol, in the order of the document. */
export const sessionCases: readonly Case[] = [
  ...greetingCases,
  ...livenessCases,
  ...frameCases,
  ...producingCases,
  ...publishingCases,
  ...readingCases,
  ...committingCases,
  ...callCases,
  ...resumeCases,
  ...sequenceCases,
  ...hostileCases,
  ...boundCases,
];
