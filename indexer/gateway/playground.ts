import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { encodingOf } from './send.ts'

type Page = { plain: Buffer; gzip: Buffer; br: Buffer; policy: string }

let made: Promise<Page> | undefined

/** A page in which to write queries. All of it is in itself, so that it works where there is nothing but this server. */
export async function playground(accepted: string): Promise<Response> {
  made ??= make()
  const page = await made
  const encoding = encodingOf(accepted)
  return new Response((encoding ? page[encoding] : page.plain) as Uint8Array<ArrayBuffer>, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': page.policy,
      'cache-control': 'public, max-age=3600',
      vary: 'Accept, Accept-Encoding',
      ...(encoding ? { 'content-encoding': encoding } : {}),
    },
  })
}

async function make(): Promise<Page> {
  const title = 'Assay indexer'
  const endpoint = '/graphql'
  const plain = Buffer.from(renderGraphiQL({ title, endpoint, defaultQuery }))
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = constants
  const params = { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_LGWIN]: 22 }
  const [zipped, br] = await Promise.all([
    promisify(gzip)(plain),
    promisify(brotliCompress)(plain, { params }),
  ])
  return { plain, gzip: zipped, br, policy: policyOf(plain.toString()) }
}

const defaultQuery = `# Ctrl+Enter runs it.
{
  settlements(orderBy: "position", orderDirection: "desc", limit: 10) {
    items { logId first count settledAt }
  }
}
`

/** Runs the one script that it has, and speaks with nobody else. */
function policyOf(page: string): string {
  const script = /<script>([^]*)<\/script>/.exec(page)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}' blob:`,
    'worker-src blob:',
    "connect-src 'self'",
    // The editor writes its colours into the page.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
