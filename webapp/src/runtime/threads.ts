// What TensorFlow.js starts WebAssembly with threads by, in place of its own way, which starts each thread from a blob: a strict content
// security policy refuses that. Here the threads, and what they run, are files of the site.

interface Settings {
  locateFile(path: string, folder: string): string
  [more: string]: unknown
}

/** The script of Emscripten; it defines this, in the worker and in each of the threads. */
declare global {
  var WasmBackendModuleThreadedSimd: (settings: Settings) => Promise<unknown>
}

export default async function startModule(settings: Settings): Promise<unknown> {
  const { glue, thread } = await import('virtual:threads')
  await import(/* @vite-ignore */ glue)
  return globalThis.WasmBackendModuleThreadedSimd({
    ...settings,
    mainScriptUrlOrBlob: glue,
    locateFile: (path, folder) =>
      path.endsWith('.worker.js') ? thread : settings.locateFile(path, folder),
  })
}
