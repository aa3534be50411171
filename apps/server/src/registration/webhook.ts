import { createHmac } from 'node:crypto'
import type { Carrier } from './delivery.js'

const timeoutMs = 10_000

/**
 * Letters as signed POSTs. `X-Aquifer-Signature: t=<seconds>,v1=<hex>` is an HMAC-SHA256 under the shared secret over `<t>.<body>`;
 * `X-Aquifer-Delivery` is the same for every attempt.
 */
export function openWebhook({ url, secret, now }: { url: string; secret: string; now: () => number }): Carrier {
  return {
    async carry(sending) {
      const body = JSON.stringify({ event: 'invitation', ...sending })
      const t = Math.floor(now() / 1000)
      const mark = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
      const answer = await fetch(url, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'x-aquifer-signature': `t=${t},v1=${mark}`,
          'x-aquifer-delivery': sending.id,
        },
        body,
      })
      await answer.body?.cancel()
      if (!answer.ok) throw new Error('not taken')
    },
  }
}
