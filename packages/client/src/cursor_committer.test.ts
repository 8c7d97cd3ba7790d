import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { CursorCommitter } from './cursor_committer.ts';

function opened(): { readonly committer: CursorCommitter; readonly sent: number[]; readonly open: () => void } {
  const committer = new CursorCommitter();
  const sent: number[] = [];
  const open = () => committer.open((offset) => sent.push(offset));
  open();
  return { committer, sent, open };
}

test('CursorCommitter has one commit on its way; those that come meanwhile become one', async () => {
  const { committer, sent } = opened();
  const all = [1, 2, 3, 3].map((offset) => committer.commit(offset));
  assert.deepEqual(sent, [1]);
  committer.committed(1);
  assert.deepEqual(sent, [1, 3]);
  assert.equal(committer.isIdle, false);
  committer.committed(3);
  await Promise.all(all);
  assert.equal(committer.isIdle, true);
});

test('CursorCommitter sends only the newest again after a cut, and settles the older with it', async () => {
  const { committer, sent, open } = opened();
  const alone = committer.commit(5);
  committer.shut();
  open();
  committer.committed(5);
  await alone;
  const all = [6, 7].map((offset) => committer.commit(offset));
  committer.shut();
  committer.committed(6);
  open();
  committer.committed(7);
  await Promise.all(all);
  assert.deepEqual(sent, [5, 5, 6, 7]);
});

test('CursorCommitter rejects a step back, what was refused, and all when nobody answers', async () => {
  const { committer, sent } = opened();
  const first = assert.rejects(committer.commit(5), { code: 'cursorAhead' });
  await assert.rejects(committer.commit(4), { code: 'cursorRegressed' });
  const next = assert.rejects(committer.commit(6), { code: 'aborted' });
  committer.refused(new PacketboatError('cursorAhead', 'no'));
  await first;
  assert.deepEqual(sent, [5, 6]);
  const last = assert.rejects(committer.commit(7), { code: 'aborted' });
  committer.over(new PacketboatError('aborted', 'closed'));
  await Promise.all([next, last]);
  assert.equal(committer.isIdle, true);
});
