/** Addresses of Emscripten's script and of the script that starts a thread; see plugins/threads.ts. */
declare module 'virtual:threads' {
  export const glue: string
  export const thread: string
}
