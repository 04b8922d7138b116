import { createHash } from 'node:crypto'
import type { SigningRequest } from './signing-request.ts'

const script = `
const request = JSON.parse(document.getElementById('request').textContent)
const account = document.getElementById('account').textContent
const button = document.getElementById('sign')
const answer = document.getElementById('answer')
const say = (text) => { document.getElementById('state').textContent = text }
const wallets = []
addEventListener('eip6963:announceProvider', (event) => wallets.push(event.detail.provider))
dispatchEvent(new Event('eip6963:requestProvider'))
button.addEventListener('click', async () => {
  const wallet = window.ethereum ?? wallets[0]
  if (!wallet) return say('No wallet is found. Open this page in a browser that has one, by http://localhost if it ignores files.')
  button.disabled = true
  try {
    const accounts = await wallet.request({ method: 'eth_requestAccounts' })
    if (!accounts.some((it) => it.toLowerCase() === account.toLowerCase())) {
      return say('The wallet offers ' + accounts.join(', ') + ', but ' + account + ' has to sign.')
    }
    answer.value = await wallet.request({ method: 'eth_signTypedData_v4', params: [account, JSON.stringify(request)] })
    say('Signed. Hand it back: --signature, or --signature-file.')
  } catch (error) {
    say('The wallet did not sign: ' + (error?.message ?? error))
  } finally {
    button.disabled = false
  }
})
`

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
dt { font-weight: 600; } dd { margin: 0 0 .6rem; overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
textarea { width: 100%; font-family: ui-monospace, monospace; } button { font: inherit; padding: .4rem 1rem; }
`

/**
 * A page that has a wallet in the browser sign a request. One file: it loads nothing and, by its content security policy, can
 * reach nothing but the wallet.
 *
 * @param account - Who has to sign.
 * @param scope - What is said by it, for the one who is asked.
 */
export function signingPage(
  request: SigningRequest,
  account: string,
  scope: readonly (readonly [string, string])[],
): string {
  const hash = createHash('sha256').update(script).digest('base64')
  const styleHash = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'sha256-${styleHash}'`
  const rows = scope.map(([name, text]) => `<dt>${escape(name)}</dt><dd>${escape(text)}</dd>`)
  // In a script nothing is escaped but what could end it.
  const json = JSON.stringify(request).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Assay: sign</title>
<style>${style}</style>
<h1>Sign for Assay</h1>
<dl>${rows.join('')}<dt>signed by</dt><dd id="account">${escape(account)}</dd></dl>
<p><button id="sign">Sign in the wallet</button></p>
<p id="state" role="status"></p>
<p><label>Signature<textarea id="answer" rows="4" readonly></textarea></label></p>
<script type="application/json" id="request">${json}</script>
<script>${script}</script>
</html>
`
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`)
}
