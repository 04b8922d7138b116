import { GenerationAbortedError, InvalidGenerationOptionError, QuickstartError } from './errors.ts'

/** The HTTP statuses that the server answers with when something is wrong. */
export type ErrorStatus = 400 | 401 | 404 | 413 | 499 | 500

/** An error in the shape of the OpenAI API, with its HTTP status. */
export class OpenAiError extends QuickstartError {
  readonly status: ErrorStatus
  /** Name of the request field that is wrong, if there is one. */
  readonly param: string | null

  constructor(status: ErrorStatus, code: string, message: string, param: string | null = null) {
    super(code, message)
    this.status = status
    this.param = param
  }

  /** The JSON body of the response. */
  body() {
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error'
    return { error: { message: this.message, type, param: this.param, code: this.code } }
  }
}

// The generator's names for the request fields that it checks itself.
const PARAM_OF_OPTION: Readonly<Record<string, string>> = { maxTokens: 'max_tokens', topP: 'top_p' }

/** Maps whatever was thrown to an error that may be shown to the client. */
export function toOpenAiError(error: unknown): OpenAiError {
  if (error instanceof OpenAiError) return error
  if (error instanceof InvalidGenerationOptionError) {
    const param = PARAM_OF_OPTION[error.option] ?? error.option
    return new OpenAiError(400, 'invalid_value', error.message, param)
  }
  if (error instanceof GenerationAbortedError) {
    return new OpenAiError(499, 'client_closed_request', 'The client closed the request.')
  }
  // Anything else may hold internals such as paths, so the client learns only that it happened.
  return new OpenAiError(500, 'internal_error', 'The server failed to answer the request.')
}
