/** `npm run sessions:load`: 5,000 sessions lose their links at one moment; all must be resumed in time. */
import { parseArgs } from 'node:util';
import { sessionLoad } from './session_load.ts';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '5000' },
    fault: { type: 'string', default: 'cut' },
  },
});

const fault = values.fault === 'kill' ? 'kill' : 'cut';
const report = await sessionLoad({ sessions: Number(values.sessions), fault });
console.log(JSON.stringify(report, undefined, 2));
process.exitCode = report.resumed === report.sessions ? 0 : 1;
