// The pipeline that comes with Linescope.

import { fileURLToPath } from 'node:url'

import { demoFile } from '../base/own-files.ts'

export const DEMO = fileURLToPath(demoFile('pipeline.yaml'))
