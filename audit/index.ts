/** What an auditor runs: export, verify, replay, timeline. */
export { commandDifference, commandDigest, type Command, type CommandDigest } from './commands.js';
export { exportCase, sdkVersion, type ExportDeps, type ExportOptions, type ExportResult } from './export.js';
export { policiesOf, recordedTurns, type RecordedTurn } from './findings.js';
export {
  goldenDifferences,
  goldenName,
  goldensIn,
  goldenText,
  scenariosIn,
  type Golden,
  type GoldenFile,
} from './goldens.js';
export {
  eventName,
  historyJson,
  isHistory,
  missingRuns,
  runsOf,
  summarise,
  type CaseRun,
  type EventJson,
  type HistoryJson,
  type RunSummary,
} from './histories.js';
export { readKey } from './key.js';
export {
  MANIFEST,
  type Manifest,
  type PolicyRecord,
  type RowRecord,
  type RunEntry,
  type Seal,
} from './manifest.js';
export {
  historiesIn,
  Replayer,
  replayHistories,
  replayTargets,
  replayVerdict,
  type ReplayDeps,
  type ReplayInput,
  type ReplayOptions,
  type RunReplay,
} from './replay.js';
export { rollout, type Differing, type RolloutDeps, type RolloutReport } from './rollout.js';
export {
  formatTimeline,
  timelineOf,
  timelineOfExport,
  type TimelineLine,
  type TimelineOptions,
  type Tone,
} from './timeline.js';
export type { Fault, FaultKind } from './chain.js';
export { verifyExport, type VerifyOptions, type VerifyReport } from './verify.js';
