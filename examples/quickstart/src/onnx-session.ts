import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-web'
import { ModelFileError } from './errors.ts'

// One thread adds floating point numbers in one fixed order, so a run gives the same bits on every
// machine. That is what makes an exact replay possible.
ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

/** An ONNX graph on the WebAssembly runtime; runs are queued one after the other. */
export class OnnxSession {
  readonly #session: ort.InferenceSession
  #lastRun: Promise<unknown> = Promise.resolve()

  private constructor(session: ort.InferenceSession) {
    this.#session = session
  }

  /** Loads the graph and checks that it has exactly the inputs and outputs the caller expects. */
  static async load(
    file: URL,
    expected: { inputs: readonly string[]; outputs: readonly string[] },
  ): Promise<OnnxSession> {
    const path = fileURLToPath(file)
    const bytes = await readModelFile(file)
    let session: ort.InferenceSession
    try {
      session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] })
    } catch (cause) {
      throw new ModelFileError(path, 'is not a valid ONNX graph', { cause })
    }
    if (
      session.inputNames.join() !== expected.inputs.join() ||
      session.outputNames.join() !== expected.outputs.join()
    ) {
      throw new ModelFileError(
        path,
        `does not map ${expected.inputs.join()} to ${expected.outputs.join()}`,
      )
    }
    return new OnnxSession(session)
  }

  /**
   * Runs the graph. A session must not run twice at the same time, so concurrent callers wait for
   * each other; they may interleave because no state stays in the session.
   */
  run(feeds: ort.InferenceSession.FeedsType): Promise<ort.InferenceSession.ReturnType> {
    const run = this.#lastRun.then(() => this.#session.run(feeds))
    this.#lastRun = run.catch(() => undefined)
    return run
  }

  /** Frees the memory of the graph. */
  async release(): Promise<void> {
    await this.#lastRun
    await this.#session.release()
  }
}

/** Reads a runtime file of a model. */
export async function readModelFile(file: URL): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new ModelFileError(fileURLToPath(file), 'cannot be read', { cause })
  }
}

/** Reads a JSON runtime file of a model. */
export async function readModelJson(file: URL): Promise<unknown> {
  const text = Buffer.from(await readModelFile(file)).toString('utf8')
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new ModelFileError(fileURLToPath(file), 'is not valid JSON', { cause })
  }
}

/** The float32 numbers of an output tensor. */
export function floatsOf(outputs: ort.InferenceSession.ReturnType, name: string): Float32Array {
  const data = outputs[name]?.data
  if (!(data instanceof Float32Array)) {
    throw new ModelFileError(name, 'is not a float32 output of the graph')
  }
  return data
}

/** A float32 tensor. */
export function floatTensor(values: Float32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', values, dims)
}

/** An int64 tensor. */
export function integerTensor(values: readonly number[], dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims)
}
