// What other rooms use of this one. Writers belong to the lane's thread, readers to any, `main` to the supervisor.

export { type Chunk, ChunkReader } from './chunk-slots/reader.ts'
export { type ChunkDescription, ChunkWriter } from './chunk-slots/writer.ts'
export { LaneControl } from './control/lane.ts'
export {
  ALL_ITEMS,
  IN_ENGINE,
  IN_EVENT_LOOP,
  LANE_STATES,
  type LaneState,
  SOME_FORK,
  type StopRequest
} from './control/layout.ts'
export { MainControl } from './control/main.ts'
export { ControlReader, type ControlState, type Progress } from './control/reader.ts'
export {
  BATCH_COUNTERS,
  counterCount,
  edgeCounter,
  edgeOffset,
  LANE,
  LANE_COUNTERS,
  type LaneCounter,
  laneCounter,
  NODE,
  NODE_COUNTERS,
  NODE_OFFSET,
  NODE_STRIDE,
  type NodeCounter,
  nodeCount,
  nodeCounter,
  settledOffset
} from './counters.ts'
export { ErrorReader, type ErrorRecord } from './errors/reader.ts'
export { type ErrorEntry, ErrorWriter } from './errors/writer.ts'
export { Histogram } from './histograms/histogram.ts'
export { endToEndHistogram, middleOf as bucketMiddle, outcomeHistogram, sinkHistogram } from './histograms/layout.ts'
export { HistogramReader } from './histograms/reader.ts'
export { HistogramWriter } from './histograms/writer.ts'
export { IN_FLIGHT_CAPACITY, type InFlightEntry } from './in-flight/layout.ts'
export { type InFlight, InFlightReader } from './in-flight/reader.ts'
export { InFlightWriter } from './in-flight/writer.ts'
export type { Journey, JourneyLeaf } from './journeys/decode.ts'
export { JourneyReader } from './journeys/reader.ts'
export { type JourneyBatch, JourneyWriter } from './journeys/writer.ts'
export type { KeptLimits } from './kept/encode.ts'
export {
  KEEP_REASONS,
  type KeepReason,
  type KeptAttempt,
  type KeptEmission,
  type KeptEntry,
  type KeptHop,
  type KeptRecord,
  type KeptText,
  TAG
} from './kept/entry.ts'
export { KeptReader } from './kept/reader.ts'
export { KeptWriter } from './kept/writer.ts'
export { FORKED_CODE } from './line-index/layout.ts'
export { type IndexedLine, LineIndexReader } from './line-index/reader.ts'
export { LineIndexWriter } from './line-index/writer.ts'
export { type NodeBook, type NodeWays, nodeBook, settledShift } from './node-books.ts'
export {
  CHANGED,
  DETAIL_SHIFT,
  decodeLeaf,
  FAILED_ONCE,
  type Leaf,
  leafCode,
  OUTCOME,
  OUTCOME_MASK,
  OUTCOME_NAMES,
  type OutcomeName
} from './outcome.ts'
export type { Death, PageLedger } from './pages/reader.ts'
export { type LineExample, PATH_TIME_SLOTS, type PathTimes } from './path-times/layout.ts'
export { PathTimesReader } from './path-times/reader.ts'
export { PathTimesWriter } from './path-times/writer.ts'
export { OVERFLOW_PATH, ROOT_PATH } from './paths/layout.ts'
export { type PathCounts, PathReader } from './paths/reader.ts'
export { PathWriter } from './paths/writer.ts'
export { recoverLane, recoverObserver } from './recovery.ts'
export {
  createRegion,
  DEFAULT_LIMITS,
  type Region,
  type RegionLimits,
  type RegionShape,
  regionMilliseconds,
  regionShift
} from './region.ts'
export type { ReplayMark } from './replay-mark.ts'
export { type Snapshot, SnapshotReader } from './snapshot/reader.ts'
export { SnapshotWriter } from './snapshot/writer.ts'
export { FIXED_STRINGS, STRING, STRING_BYTES, STRING_CAPACITY } from './strings/layout.ts'
export { StringReader } from './strings/reader.ts'
export { StringWriter } from './strings/writer.ts'
export { blockThread } from './wait.ts'
