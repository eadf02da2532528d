// Starts WebAssembly with threads in place of TensorFlow.js's own code. That starts each thread from a
// blob, which a strict content security policy refuses. Here threads run files of the site.

interface Settings {
  locateFile(path: string, folder: string): string
  [more: string]: unknown
}

/** Emscripten's script defines this in the worker and in each thread. */
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
