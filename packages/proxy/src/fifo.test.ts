import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fifo } from './fifo.ts';

test('Fifo does as an array does', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('push', 'push', 'shift', 'shift', 'clear')), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const [number, step] of steps.entries()) {
        if (step === 'push') {
          fifo.push(number);
          model.push(number);
        } else if (step === 'shift') {
          fifo.shift();
          model.shift();
        } else {
          fifo.clear();
          model.length = 0;
        }
        assert.deepEqual([fifo.length, fifo.first], [model.length, model[0]]);
      }
    }),
  );
});
