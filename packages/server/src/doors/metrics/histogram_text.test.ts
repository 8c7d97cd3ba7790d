import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '@packetboat/core';
import { histogramText } from './histogram_text.ts';

test('histogramText writes cumulative buckets, the sum and the count, with labels escaped', () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  assert.equal(
    histogramText('a_seconds', 'How long.', [[{ route: 'a"\\\n' }, histogram.counts]]),
    `# HELP a_seconds How long.
# TYPE a_seconds histogram
a_seconds_bucket{route="a\\"\\\\\\n",le="0.1"} 2
a_seconds_bucket{route="a\\"\\\\\\n",le="1"} 3
a_seconds_bucket{route="a\\"\\\\\\n",le="+Inf"} 4
a_seconds_sum{route="a\\"\\\\\\n"} 7.65
a_seconds_count{route="a\\"\\\\\\n"} 4
`,
  );
  assert.match(histogramText('a', 'b', [[{}, histogram.counts]]), /^a_sum 7\.65$/m);
});
