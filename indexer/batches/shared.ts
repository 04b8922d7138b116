/** The one loader of this process: handlers of events take from it what the API, which may read the database at any time, asks it for. */
import { readSettings } from '../settings.ts'
import { createBatchLoader } from './batch-loader.ts'

export const { batches: batchSettings } = readSettings(process.env)
export const batchLoader = createBatchLoader(batchSettings)
