//===- MappedFile.cpp - Files read where they lie -------------------------===//
// Small files are copied. Large ones are mapped; where such a file is cut short
// while it is read, the system sends SIGBUS. Its handler puts zeros in the place
// of what is gone and notes the file, and whoever is about to publish a result
// asks requireWhole() first. The handler's table belongs to the process, as
// signals do.
#include "OpenFile.h"
#include "tpu_mlir/Support/Files.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace tpu_mlir {
namespace {

/// Up to this size a copy costs nothing that counts.
constexpr size_t kCopiedBytes = size_t(64) << 20;
constexpr size_t kPage = 4096;

/// A mapping that the handler knows. Signal handlers may read atomics and nothing else of ours.
struct Slot {
  std::atomic<uintptr_t> begin{0}, end{0};
  std::atomic<bool> isTorn{false};
  bool isTold = false;
  std::string path;
};

Slot slots[256];
std::mutex slotsMutex;     ///< for taking and leaving slots
std::string tornAndClosed; ///< a torn file that is closed already

void write2(const char *text) { [[maybe_unused]] ssize_t ignored = ::write(STDERR_FILENO, text, std::strlen(text)); }

void onBusError(int, siginfo_t *info, void *) {
  auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (Slot &slot : slots) {
    uintptr_t end = slot.end.load();
    if (address < slot.begin.load() || address >= end)
      continue;
    uintptr_t from = address / kPage * kPage;
    void *zeros = ::mmap(reinterpret_cast<void *>(from), (end - from + kPage - 1) / kPage * kPage, PROT_READ,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED)
      break;
    slot.isTorn = true;
    return;
  }
  // A mapping of somebody else's, such as a library's of the user's model.
  write2("error: a file was cut short while it was read; run again when nothing writes to the input files\n");
  ::_exit(kExitUserError);
}

Slot *takeSlot(void *base, size_t size, const std::string &path) {
  guardMappings();
  std::lock_guard lock(slotsMutex);
  for (Slot &slot : slots)
    if (slot.begin == 0) {
      slot.path = path;
      slot.isTorn = slot.isTold = false;
      slot.end = reinterpret_cast<uintptr_t>(base) + size;
      slot.begin = reinterpret_cast<uintptr_t>(base);
      return &slot;
    }
  return nullptr;
}

void leaveSlot(void *base) {
  std::lock_guard lock(slotsMutex);
  for (Slot &slot : slots)
    if (slot.begin == reinterpret_cast<uintptr_t>(base)) {
      if (slot.isTorn && !slot.isTold)
        tornAndClosed = slot.path;
      slot.begin = slot.end = 0;
    }
}

} // namespace

void guardMappings() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {}, before = {};
    if (::sigaction(SIGBUS, nullptr, &before) < 0 || before.sa_handler != SIG_DFL)
      return; // whoever was first knows what to do
    action.sa_sigaction = onBusError;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
  });
}

void MappedFile::requireWhole() {
  std::lock_guard lock(slotsMutex);
  std::string torn = std::exchange(tornAndClosed, {});
  for (Slot &slot : slots)
    if (slot.begin != 0 && slot.isTorn) {
      torn = slot.path;
      slot.isTold = true;
    }
  if (!torn.empty())
    throw UserError("'" + torn + "' was cut short while it was read; run again when nothing writes to it");
}

MappedFile::MappedFile(const std::string &path) {
  struct stat info;
  Descriptor file{openForReading(path, info, Wait::Never)};
  if (!S_ISREG(info.st_mode))
    throw UserError("cannot map '" + path + "': it is not a regular file");
  size = size_t(info.st_size);
  if (size == 0)
    return; // mmap refuses an empty range
  if (size > kCopiedBytes) {
    map(file.fd, MAP_PRIVATE);
    if (!base)
      cannot("map", path, errno);
    isMapped = takeSlot(base, size, path);
    if (isMapped)
      return;
    ::munmap(std::exchange(base, nullptr), size);
  }
  base = std::aligned_alloc(kPage, (size + kPage - 1) / kPage * kPage);
  if (!base)
    throw std::bad_alloc();
  for (size_t have = 0; have < size;) {
    ssize_t got = ::read(file.fd, static_cast<uint8_t *>(base) + have, size - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got > 0) {
      have += size_t(got);
      continue;
    }
    int error = errno;
    std::free(std::exchange(base, nullptr));
    if (got == 0)
      throw UserError("'" + path + "' was cut short while it was read; run again when nothing writes to it");
    cannot("read", path, error);
  }
}

/// Maps `size` bytes, which are not none; leaves `base` null where that fails.
void MappedFile::map(int fd, int flags) {
  void *mapped = ::mmap(nullptr, size, PROT_READ, flags, fd, 0);
  base = mapped == MAP_FAILED ? nullptr : mapped;
}

MappedFile MappedFile::spilled(std::span<const uint8_t> bytes) {
  MappedFile made;
  std::error_code ignored;
  std::filesystem::path folder = std::filesystem::temp_directory_path(ignored);
  Descriptor file{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  const uint8_t *from = bytes.data();
  size_t left = file.fd < 0 ? 1 : bytes.size();
  while (file.fd >= 0 && left > 0) {
    ssize_t done = ::write(file.fd, from, left);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      break;
    from += done;
    left -= size_t(done);
  }
  if (left > 0 || bytes.empty())
    return made;
  made.size = bytes.size();
  made.map(file.fd, MAP_SHARED);
  made.isMapped = made.base;
  if (!made.base)
    made.size = 0;
  return made;
}

void MappedFile::release(std::span<const uint8_t> part) const {
  // Whole pages inside; a private mapping that nobody can write holds nothing that the file has not. A copy does.
  constexpr uintptr_t kFewest = 16 * kPage;
  auto begin = (reinterpret_cast<uintptr_t>(part.data()) + kPage - 1) / kPage * kPage,
       end = (reinterpret_cast<uintptr_t>(part.data()) + part.size()) / kPage * kPage;
  if (isMapped && part.size() >= kFewest && end > begin)
    ::madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : base(std::exchange(other.base, nullptr)), size(std::exchange(other.size, 0)), isMapped(other.isMapped) {}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(base, other.base);
  std::swap(size, other.size);
  std::swap(isMapped, other.isMapped);
  return *this;
}

MappedFile::~MappedFile() {
  if (base && isMapped) {
    leaveSlot(base);
    ::munmap(base, size);
  } else {
    std::free(base);
  }
}

} // namespace tpu_mlir
