import { app, ipcMain, nativeTheme, type WebContents } from 'electron'
import { channels, themeChoices, type Channel, type Channels } from '../bridge/channels.js'
import { pageOrigin } from '../bridge/page-policy.js'
import { pdfOf } from './pdf.js'
import type { ServerAddress } from './server-address.js'

type Answer<C extends Channel> = Channels[C]['answer']
type Answers = { [C in Channel]: (request: Channels[C]['request'], page: WebContents) => Answer<C> | Promise<Answer<C>> }

export function answerChannels(server: ServerAddress): void {
  const answers: Answers = {
    'app.info': () => ({
      version: app.getVersion(),
      electron: process.versions['electron'] ?? '',
      platform: process.platform,
      packaged: app.isPackaged,
    }),
    'server.address': () => server.get(),
    'server.use': (text) => server.use(text),
    'theme.use': (choice) => {
      if (!themeChoices.includes(choice)) return null
      nativeTheme.themeSource = choice === 'system' ? 'system' : choice.endsWith('dark') ? 'dark' : 'light'
      return null
    },
    'page.pdf': (request, page) => pdfOf(page, request),
  }
  for (const channel of channels) {
    ipcMain.handle(channel, (event, request: unknown) => {
      // A frame of any other origin that got hold of the bridge gets no answer.
      if (!event.senderFrame?.url.startsWith(`${pageOrigin}/`)) throw new Error('not the workbench page')
      return answers[channel](request as never, event.sender)
    })
  }
}
