// The engine's surface for threads and the test kit.

export { edgeBases, processorTargets } from './edges.ts'
export { Lane, type LaneEnd } from './lane.ts'
export type { LaneObserver } from './lane-observer.ts'
export { LaneParts } from './lane-parts.ts'
export type { InputListener } from './line-framer.ts'
export { nodeNames, type Plan } from './plan.ts'
export type { ValueOutput } from './settler.ts'
export type { TelemetryMode } from './telemetry.ts'
