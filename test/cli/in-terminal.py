"""Runs a program in a pseudo terminal of a given size: in-terminal.py ROWS COLUMNS PROGRAM ARGUMENT..."""
import fcntl, os, pty, struct, sys, termios

rows, columns, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:  # the program has ended
        break
    if not data:
        break
    os.write(1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
