/** Runs the behaviour suite of spools, one case at a time, and the cases that only a browser has. */
import { openBrowserSpool } from '@packetboat/client/browser';
import { defaultLimits } from '@packetboat/core';
import { caseStream, spoolCases, type SpoolPlace } from '@packetboat/core/testing';

let places = 0;

/** A spool of its own for each case. What was crashed is simply left: what is opened next must find all there is. */
function newPlace(): SpoolPlace {
  const name = `case ${++places}`;
  return {
    open: (options = {}) =>
      openBrowserSpool({ stream: caseStream, name, limits: defaultLimits, bytesMax: 100_000_000, ...options }),
    crash: async () => undefined,
  };
}

/** What the test calls: settles with nothing when the case holds, else with what is wrong. */
async function runCase(title: string): Promise<string | undefined> {
  try {
    await spoolCases[title]?.(newPlace());
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

Object.assign(globalThis, { ready: Promise.resolve(), runCase, openBrowserSpool });
