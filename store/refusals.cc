// The file is an array of slots, without a head of its own:
//
//   slot     := head record padding        kRefusalBytes
//   head     := "PCR1" sequence size id digest check
//   sequence := 8 bytes, counting up from 1 over all that were ever kept
//   size     := 4 bytes, of the record
//   id       := 16 bytes of the SHA-256 of the request id
//   digest   := 16 bytes of the SHA-256 of the record
//   check    := 16 bytes of the SHA-256 of the head before it
//   record   := see layout.h; kind 04
//
// A slot whose check or digest is wrong is empty: it was never written, is being written, or is
// damaged.

#include "store/refusals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>

#include "store/fields.h"
#include "verify/crypto.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "PCR1";
constexpr std::size_t kDigest = 16;
constexpr std::size_t kSequenceAt = kMagic.size(), kSizeAt = kSequenceAt + 8, kIdAt = kSizeAt + 4,
                      kDigestAt = kIdAt + kDigest, kCheckAt = kDigestAt + kDigest,
                      kHead = kCheckAt + kDigest;
constexpr std::size_t kMaxText = 1024;  // bytes

enum class RefusalField : std::uint8_t {
  RequestId = 1,
  Time = 2,
  Reason = 3,
  Detail = 4,
  Scheme = 5,
  Authority = 6,
  PathPrefix = 7,
  UrlReason = 8,
  Body = 9,
  Truncated = 10,
  SignedRemoved = 11,
  Request = 12,
};

std::string short_digest(std::string_view bytes) {
  const verify::Digest whole = verify::digest(verify::Hash::Sha256, bytes);
  return {reinterpret_cast<const char*>(whole.bytes.data()), kDigest};
}

Result<verify::Secret> encode(const KeptRefusal& refusal) {
  using enum RefusalField;
  Writer out(RecordKind::Refusal,
             refusal.request_id.size() + refusal.reason.size() + refusal.detail.size() +
                 refusal.scheme.size() + refusal.authority.size() + refusal.path_prefix.size() +
                 refusal.url_reason.size() + refusal.request.size() + 12 * kFieldRoom);
  out.text(RequestId, refusal.request_id);
  out.time(Time, refusal.time);
  out.text(Reason, refusal.reason);
  out.text(Detail, refusal.detail);
  out.text(Scheme, refusal.scheme);
  out.text(Authority, refusal.authority);
  out.text(PathPrefix, refusal.path_prefix);
  out.text(UrlReason, refusal.url_reason);
  out.byte(Body, static_cast<std::uint8_t>(refusal.body));
  out.flag(Truncated, refusal.truncated);
  out.flag(SignedRemoved, refusal.signed_removed);
  out.text(Request, refusal.request);
  return out.finish("refusal");
}

void take(Scanner& in, KeptRefusal& refusal) {
  using enum RefusalField;
  switch (static_cast<RefusalField>(in.number())) {
    case RequestId:
      refusal.request_id = in.text();
      return;
    case Time:
      refusal.time = in.time();
      return;
    case Reason:
      refusal.reason = in.text();
      return;
    case Detail:
      refusal.detail = in.text();
      return;
    case Scheme:
      refusal.scheme = in.text();
      return;
    case Authority:
      refusal.authority = in.text();
      return;
    case PathPrefix:
      refusal.path_prefix = in.text();
      return;
    case UrlReason:
      refusal.url_reason = in.text();
      return;
    case Body:
      refusal.body = static_cast<KeptBody>(in.byte(2));
      return;
    case Truncated:
      refusal.truncated = in.flag();
      return;
    case SignedRemoved:
      refusal.signed_removed = in.flag();
      return;
    case Request:
      refusal.request = in.text();
      return;
  }
  in.bad_value();
}

Result<KeptRefusal> decode(std::string_view bytes) {
  using enum RefusalField;
  Scanner in("refusal", RecordKind::Refusal, bytes);
  KeptRefusal out;
  while (in.next(0)) take(in, out);
  if (auto wrong = in.mistake(bit(RequestId) | bit(Time) | bit(Reason) | bit(Body) |
                              bit(Truncated) | bit(SignedRemoved)))
    return *wrong;
  return out;
}

off_t offset_of(std::size_t slot) { return static_cast<off_t>(slot * kRefusalBytes); }

struct Head {
  std::uint64_t sequence = 0;
  std::size_t size = 0;
  std::string id, digest;
};

std::optional<Head> parse_head(std::string_view bytes) {
  if (bytes.size() != kHead || !bytes.starts_with(kMagic)) return std::nullopt;
  if (short_digest(bytes.substr(0, kCheckAt)) != bytes.substr(kCheckAt)) return std::nullopt;
  Head out{take_integer(bytes.substr(kSequenceAt, 8)), take_integer(bytes.substr(kSizeAt, 4)),
           std::string(bytes.substr(kIdAt, kDigest)),
           std::string(bytes.substr(kDigestAt, kDigest))};
  if (out.size > kRefusalBytes - kHead) return std::nullopt;
  return out;
}

std::string head_of(std::uint64_t sequence, std::string_view request_id, std::string_view record) {
  std::string out(kMagic);
  put_integer(out, sequence, 8);
  put_integer(out, record.size(), 4);
  out += short_digest(request_id);
  out += short_digest(record);
  out += short_digest(out);
  return out;
}

// Up to `size` bytes; fewer at the end of the file, and where it can't be read.
std::string read_at(const FileHandle& file, off_t offset, std::size_t size) {
  std::string out(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n =
        ::pread(file.get(), out.data() + got, size - got, offset + static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  out.resize(got);
  return out;
}

// 0, or what the system says.
int write_at(const FileHandle& file, off_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file.get(), bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += n;
  }
  return 0;
}

// Returns the slot's disk where the file system can, and leaves nothing of an older one behind a
// shorter new one.
void blank(const FileHandle& file, std::size_t slot) {
  ::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset_of(slot),
              kRefusalBytes);
}

std::size_t slots_of(const FileHandle& file) {
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return 0;
  return (static_cast<std::size_t>(found.st_size) + kRefusalBytes - 1) / kRefusalBytes;
}

std::optional<Head> head_in(const FileHandle& file, std::size_t slot) {
  return parse_head(read_at(file, offset_of(slot), kHead));
}

// Cuts what may be long, so that the record fits into a slot behind its head.
void fit(KeptRefusal& refusal) {
  for (std::string* text :
       {&refusal.detail, &refusal.authority, &refusal.path_prefix, &refusal.url_reason})
    text->resize(std::min(text->size(), kMaxText));
  const std::size_t rest = refusal.request_id.size() + refusal.reason.size() +
                           refusal.detail.size() + refusal.scheme.size() +
                           refusal.authority.size() + refusal.path_prefix.size() +
                           refusal.url_reason.size() + 12 * kFieldRoom + kHead;
  const std::size_t left = kRefusalBytes - std::min(rest, kRefusalBytes);
  if (refusal.request.size() <= left) return;
  refusal.request.resize(left);
  refusal.truncated = true;
}

fs::path file_of(const fs::path& store) { return store / "refusals"; }

}  // namespace

Result<std::unique_ptr<Refusals>> Refusals::open(const fs::path& store, std::uint32_t count) {
  const fs::path path = file_of(store);
  if (auto made = make_file(path, store); !made) return made.failure();
  FileHandle file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!file.open()) return system_failure(errno, "opening " + in_quotes(path.string()));
  std::unique_ptr<Refusals> out(new Refusals(path, std::move(file)));
  if (auto arranged = out->arrange(count); !arranged) return arranged.failure();
  return out;
}

// Puts the slots in order, and those that are kept within the first `count`.
Result<Done> Refusals::arrange(std::uint32_t count) {
  struct Filled {
    std::uint64_t sequence;
    std::size_t slot;
  };
  std::vector<Filled> filled;
  for (std::size_t slot = 0, slots = slots_of(file_); slot < slots; ++slot)
    if (auto head = head_in(file_, slot)) filled.push_back({head->sequence, slot});
  std::sort(filled.begin(), filled.end(),
            [](const Filled& a, const Filled& b) { return a.sequence < b.sequence; });
  if (!filled.empty()) sequence_ = filled.back().sequence;
  if (filled.size() > count)
    filled.erase(filled.begin(), filled.end() - static_cast<std::ptrdiff_t>(count));

  std::vector<bool> taken(count, false);
  for (const Filled& one : filled)
    if (one.slot < count) taken[one.slot] = true;
  std::size_t free = 0;
  const auto next_free = [&] {
    while (free < count && taken[free]) ++free;
    return free;
  };
  for (Filled& one : filled) {
    if (one.slot < count) continue;
    const std::string bytes = read_at(file_, offset_of(one.slot), kRefusalBytes);
    one.slot = next_free();
    taken[one.slot] = true;
    blank(file_, one.slot);
    if (const int code = write_at(file_, offset_of(one.slot), bytes); code != 0)
      return system_failure(code, "writing " + in_quotes(path_.string()));
  }
  if (slots_of(file_) > count && ::ftruncate(file_.get(), offset_of(count)) != 0)
    return system_failure(errno, "shortening " + in_quotes(path_.string()));
  for (; next_free() < count; ++free) order_.push_back(static_cast<std::uint32_t>(free));
  for (const Filled& one : filled) order_.push_back(static_cast<std::uint32_t>(one.slot));
  return Done{};
}

Result<Done> Refusals::keep(KeptRefusal refusal) {
  fit(refusal);
  auto record = encode(refusal);
  if (!record) return record.failure();
  const std::size_t slot = order_[next_];
  std::string bytes = head_of(sequence_ + 1, refusal.request_id, record->reveal());
  bytes += record->reveal();
  if (bytes.size() > kRefusalBytes)
    return fail(Error::Kind::Invalid, "a refusal to be kept is too long");
  blank(file_, slot);
  if (const int code = write_at(file_, offset_of(slot), bytes); code != 0)
    return system_failure(code, "writing " + in_quotes(path_.string()));
  ++sequence_;
  next_ = (next_ + 1) % order_.size();
  return Done{};
}

Result<KeptRefusal> find_refusal(const fs::path& store, std::string_view request_id) {
  const fs::path path = file_of(store);
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.open() && errno != ENOENT)
    return system_failure(errno, "opening " + in_quotes(path.string()));
  const std::string id = short_digest(request_id);
  std::uint64_t newest = 0;
  std::optional<KeptRefusal> found;
  for (std::size_t slot = 0, slots = file.open() ? slots_of(file) : 0; slot < slots; ++slot) {
    const auto head = head_in(file, slot);
    if (!head || head->id != id || head->sequence < newest) continue;
    const std::string record =
        read_at(file, offset_of(slot) + static_cast<off_t>(kHead), head->size);
    if (record.size() != head->size || short_digest(record) != head->digest) continue;
    auto refusal = decode(record);
    if (!refusal) return refusal.failure();
    newest = head->sequence;
    found = *std::move(refusal);
  }
  if (found) return *std::move(found);
  return fail(Error::Kind::NotFound, "no refusal is kept under the request id " +
                                         in_quotes(request_id) +
                                         ": only the last ones of known clients are");
}

}  // namespace store
