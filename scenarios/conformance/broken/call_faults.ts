import type { BrokenServer } from './broken_server.ts';

/** Section 7: calls, and the keys that make them effective once. */
export const callFaults: readonly BrokenServer[] = [
  {
    name: 'closes the connection for an unknown method',
    caughtBy: 'call: an unknown method is unknownMethod, and the connection goes on',
    twist: ({ close }) => ({
      told: {
        error: (error) => {
          if (error.code === 'unknownMethod') close(4_400);
          return undefined;
        },
      },
    }),
  },
  {
    name: 'answers the call that came last',
    caughtBy: 'call: each gets the answer with its id',
    twist: () => {
      let id = 0;
      return {
        said: {
          call: (call) => {
            id = call.id;
            return undefined;
          },
        },
        told: { result: (result) => [{ ...result, id }], error: (error) => [{ ...error, id }] },
      };
    },
  },
  {
    name: 'makes calls twice',
    caughtBy: 'key: the same call made again has no second effect',
    twist: () => ({ said: { call: (call) => [{ ...call, key: undefined }] } }),
  },
  {
    name: 'forgets keys with the connection',
    caughtBy: 'key: it holds across connections, resumed or not',
    twist: ({ memory }) => {
      const connection = memory.size;
      memory.set(`connection ${connection}`, '');
      return {
        said: {
          call: ({ key, ...call }) => [{ ...call, key: key === undefined ? key : `${connection} ${key}` }],
        },
      };
    },
  },
];
