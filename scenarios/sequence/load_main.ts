/** `npm run sequence:load`: 1,000 clients whose links are cut at random; every checksum must be equal. */
import { parseArgs } from 'node:util';
import { sequenceLoad } from './sequence_load.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    n: { type: 'string', default: '200' },
    'tick-ms': { type: 'string', default: '50' },
    'cut-ms': { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});

const report = await sequenceLoad({
  clients: Number(values.clients),
  n: Number(values.n),
  tickMs: Number(values['tick-ms']),
  cutMs: Number(values['cut-ms']),
  seed: Number(values.seed),
});
console.log(JSON.stringify(report, undefined, 2));
process.exitCode = report.whole === report.clients ? 0 : 1;
