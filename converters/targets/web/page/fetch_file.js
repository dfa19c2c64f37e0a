/** Returns the response with a file of the page's own folder. */
export async function fetchFile(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url} is not there (${response.status}); export the model again`);
  }
  return response;
}
