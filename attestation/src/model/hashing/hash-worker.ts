import { parentPort, workerData } from 'node:worker_threads'
import type { HashBoard, HashTask } from './hash-board.ts'
import { hashTasks } from './hash-tasks.ts'

const { tasks, board } = workerData as { tasks: readonly HashTask[]; board: HashBoard }
const failure = hashTasks(tasks, board)
if (failure) parentPort?.postMessage(failure)
