/** The front door of `@packetboat/conformance`: suites that hold any server to a protocol, from its URL. */
export type * from './session/case.ts';
export { type CheckOptions, checkServer, type Verdict } from './session/check_server.ts';
export type { Failure } from './session/case_run.ts';
export { sessionCases } from './session/session_cases.ts';
export { tellVerdict } from './session/tell_verdict.ts';
