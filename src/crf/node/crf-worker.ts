import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../core/errors.js';
import { perform, type Task, type TaskReply } from './tasks.js';

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(answer(task));
});

function answer(task: Task): TaskReply {
  try {
    return { answer: perform(task) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
