// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IVerdictRegistry, Verdict} from "./interfaces/IVerdictRegistry.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {VerdictId} from "./types/Ids.sol";

/// @title VerdictRegistry
/// @notice See IVerdictRegistry, which carries the documentation.
contract VerdictRegistry is IVerdictRegistry, EIP712, Nonces {
    bytes32 private constant VERDICT_TYPEHASH = keccak256(
        "Verdict(uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri)"
    );
    bytes32 private constant POST_TYPEHASH = keccak256(
        "VerdictPost(address author,Verdict[] verdicts,uint256 nonce,uint256 deadline)Verdict(uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri)"
    );
    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256(
        "VerdictWithdrawal(address author,bytes32[] verdictIds,uint256 nonce,uint256 deadline)"
    );

    constructor() EIP712("Assay", "1") {}

    /// @inheritdoc IVerdictRegistry
    function post(Verdict[] calldata verdicts) external returns (VerdictId[] memory) {
        return _post(msg.sender, verdicts);
    }

    /// @inheritdoc IVerdictRegistry
    function postBySig(
        address author,
        Verdict[] calldata verdicts,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (VerdictId[] memory) {
        bytes32 message = keccak256(abi.encode(POST_TYPEHASH, author, _hashOf(verdicts), nonce, deadline));
        _useSignature(author, message, nonce, deadline, signature);
        return _post(author, verdicts);
    }

    /// @inheritdoc IVerdictRegistry
    function withdraw(VerdictId[] calldata verdictIds) external {
        _withdraw(msg.sender, verdictIds);
    }

    /// @inheritdoc IVerdictRegistry
    function withdrawBySig(
        address author,
        VerdictId[] calldata verdictIds,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(
            abi.encode(WITHDRAWAL_TYPEHASH, author, keccak256(abi.encodePacked(verdictIds)), nonce, deadline)
        );
        _useSignature(author, message, nonce, deadline, signature);
        _withdraw(author, verdictIds);
    }

    /// @inheritdoc IVerdictRegistry
    function verdictIdOf(address author, Verdict calldata verdict) external view returns (VerdictId) {
        return _verdictIdOf(author, verdict);
    }

    function _post(address author, Verdict[] calldata verdicts) private returns (VerdictId[] memory verdictIds) {
        if (verdicts.length == 0) revert VerdictRegistry_Empty();
        verdictIds = new VerdictId[](verdicts.length);
        for (uint256 i = 0; i < verdicts.length; ++i) {
            Verdict calldata v = verdicts[i];
            if (v.subject == 0) revert VerdictRegistry_ZeroSubject(i);
            if (v.score > 100) revert VerdictRegistry_ScoreOutOfRange(i, v.score);
            verdictIds[i] = _verdictIdOf(author, v);
            emit VerdictPosted(
                verdictIds[i],
                author,
                v.subject,
                v.subjectKind,
                v.score,
                v.tag,
                v.evidenceDigest,
                v.uri
            );
        }
    }

    function _withdraw(address author, VerdictId[] calldata verdictIds) private {
        if (verdictIds.length == 0) revert VerdictRegistry_Empty();
        for (uint256 i = 0; i < verdictIds.length; ++i) {
            emit VerdictWithdrawn(verdictIds[i], author);
        }
    }

    function _verdictIdOf(address author, Verdict calldata v) private view returns (VerdictId) {
        return
            VerdictId.wrap(
                keccak256(
                    abi.encode(
                        block.chainid,
                        address(this),
                        author,
                        v.subjectKind,
                        v.subject,
                        v.score,
                        keccak256(bytes(v.tag)),
                        v.evidenceDigest
                    )
                )
            );
    }

    /// @dev EIP-712's hash of an array: over the hashes of its structs, one after another.
    function _hashOf(Verdict[] calldata verdicts) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](verdicts.length);
        for (uint256 i = 0; i < verdicts.length; ++i) {
            Verdict calldata v = verdicts[i];
            hashes[i] = keccak256(
                abi.encode(
                    VERDICT_TYPEHASH,
                    v.subjectKind,
                    v.subject,
                    v.score,
                    keccak256(bytes(v.tag)),
                    v.evidenceDigest,
                    keccak256(bytes(v.uri))
                )
            );
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _useSignature(
        address account,
        bytes32 message,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) private {
        if (block.timestamp > deadline) revert VerdictRegistry_DeadlinePassed(deadline, block.timestamp);
        _useCheckedNonce(account, nonce);
        if (!Signatures.isByAccount(account, _hashTypedDataV4(message), signature)) {
            revert VerdictRegistry_InvalidSignature();
        }
    }
}
