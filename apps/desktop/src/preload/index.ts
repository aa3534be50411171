import { contextBridge, ipcRenderer } from 'electron'
import { isChannel, type Bridge } from '../bridge/channels.js'

const bridge: Bridge = {
  invoke: (channel, request) =>
    isChannel(channel) ? ipcRenderer.invoke(channel, request) : Promise.reject(new Error(`unknown channel ${String(channel)}`)),
}

contextBridge.exposeInMainWorld('aquifer', bridge)
