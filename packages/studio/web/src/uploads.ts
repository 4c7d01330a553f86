/**
 * Where an uploaded file is kept: by its name, or as FOLDER/LABEL/NAME in a folder that was chosen.
 *
 * @param path the file's name, or its path below the chosen folder, which is its first part
 */
export function uploadPath(path: string): string {
  const parts = path.split('/');
  return parts.length <= 3 ? path : [parts[0], ...parts.slice(-2)].join('/');
}
