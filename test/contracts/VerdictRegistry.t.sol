// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerdictRegistry, SubjectKind, Verdict} from "../../contracts/interfaces/IVerdictRegistry.sol";
import {VerdictId} from "../../contracts/types/Ids.sol";
import {VerdictRegistry} from "../../contracts/VerdictRegistry.sol";
import {KeyAccount} from "./support/Accounts.sol";
import {TestBase} from "./support/TestBase.sol";
import {Vm} from "./support/Vm.sol";

/// @notice See VerdictRegistry.tree.
contract VerdictRegistryTest is TestBase {
    uint256 private constant AUTHOR_KEY = 0xA11CE;
    uint256 private constant NOW = 1_800_000_000;
    uint256 private constant FAR = 4_000_000_000;
    bytes32 private constant VERDICT_TYPEHASH = keccak256(
        "Verdict(uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri)"
    );
    bytes32 private constant POST_TYPEHASH = keccak256(
        "VerdictPost(address author,Verdict[] verdicts,uint256 nonce,uint256 deadline)Verdict(uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri)"
    );
    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256(
        "VerdictWithdrawal(address author,bytes32[] verdictIds,uint256 nonce,uint256 deadline)"
    );

    VerdictRegistry private registry;
    address private author;

    function setUp() external {
        vm.warp(NOW);
        registry = new VerdictRegistry();
        author = vm.addr(AUTHOR_KEY);
    }

    // post

    function testFuzz_PostsEach(
        bytes32 subject,
        uint8 score,
        string calldata tag,
        bytes32 evidence,
        string calldata uri
    ) external {
        Verdict[] memory verdicts = new Verdict[](3);
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 of_ = subject == 0 ? bytes32(uint256(1)) : subject;
            verdicts[i] = Verdict(SubjectKind(i), of_, score % 101, tag, evidence, uri);
        }
        vm.recordLogs();
        VerdictId[] memory ids = registry.post(verdicts);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 3);
        for (uint256 i = 0; i < 3; ++i) {
            Verdict memory v = verdicts[i];
            bytes32 id = keccak256(
                abi.encode(
                    block.chainid,
                    address(registry),
                    address(this),
                    v.subjectKind,
                    v.subject,
                    v.score,
                    keccak256(bytes(v.tag)),
                    v.evidenceDigest
                )
            );
            vm.assertEq(VerdictId.unwrap(ids[i]), id);
            vm.assertEq(VerdictId.unwrap(registry.verdictIdOf(address(this), v)), id);
            vm.assertEq(logs[i].topics[0], IVerdictRegistry.VerdictPosted.selector);
            vm.assertEq(logs[i].topics[1], id);
            vm.assertEq(logs[i].topics[2], bytes32(uint256(uint160(address(this)))));
            vm.assertEq(logs[i].topics[3], v.subject);
            vm.assertEq(logs[i].data, abi.encode(v.subjectKind, v.score, v.tag, v.evidenceDigest, v.uri));
        }
    }

    function test_RevertWhen_ThereIsNothing() external {
        vm.expectRevert(IVerdictRegistry.VerdictRegistry_Empty.selector);
        registry.post(new Verdict[](0));
        vm.expectRevert(IVerdictRegistry.VerdictRegistry_Empty.selector);
        registry.withdraw(new VerdictId[](0));
    }

    function test_RevertWhen_OneOfThemIsWrong() external {
        Verdict[] memory verdicts = _verdicts();
        verdicts[1].subject = 0;
        vm.expectRevert(abi.encodeWithSelector(IVerdictRegistry.VerdictRegistry_ZeroSubject.selector, 1));
        registry.post(verdicts);
        verdicts[1].subject = "subject";
        verdicts[1].score = 101;
        vm.expectRevert(abi.encodeWithSelector(IVerdictRegistry.VerdictRegistry_ScoreOutOfRange.selector, 1, 101));
        registry.post(verdicts);
    }

    // postBySig

    function testFuzz_PostsBySignature(uint8 position, uint8 mask) external {
        Verdict[] memory verdicts = _verdicts();
        bytes memory signature = _sign(_postMessage(verdicts, 0, FAR));
        vm.expectRevert(IVerdictRegistry.VerdictRegistry_InvalidSignature.selector);
        registry.postBySig(author, verdicts, 0, FAR, flipped(signature, position % 65, mask));
        verdicts[1].uri = "another";
        vm.expectRevert(IVerdictRegistry.VerdictRegistry_InvalidSignature.selector);
        registry.postBySig(author, verdicts, 0, FAR, signature);
        verdicts[1].uri = "uri";
        VerdictId[] memory ids = registry.postBySig(author, verdicts, 0, FAR, signature);
        for (uint256 i = 0; i < 2; ++i) {
            VerdictId id = registry.verdictIdOf(author, verdicts[i]);
            vm.assertEq(VerdictId.unwrap(ids[i]), VerdictId.unwrap(id));
        }
        vm.expectRevert(abi.encodeWithSignature("InvalidAccountNonce(address,uint256)", author, 1));
        registry.postBySig(author, verdicts, 0, FAR, signature);
    }

    function test_RevertWhen_DeadlinePassed() external {
        bytes memory refusal = abi.encodeWithSelector(
            IVerdictRegistry.VerdictRegistry_DeadlinePassed.selector,
            NOW - 1,
            NOW
        );
        vm.expectRevert(refusal);
        registry.postBySig(author, _verdicts(), 0, NOW - 1, "");
        vm.expectRevert(refusal);
        registry.withdrawBySig(author, new VerdictId[](1), 0, NOW - 1, "");
    }

    function test_SmartAccountSpeaks() external {
        address account = address(new KeyAccount(author));
        Verdict[] memory verdicts = _verdicts();
        bytes32 message = keccak256(abi.encode(POST_TYPEHASH, account, _hashOf(verdicts), 0, FAR));
        VerdictId[] memory ids = registry.postBySig(account, verdicts, 0, FAR, _sign(message));
        vm.assertEq(VerdictId.unwrap(ids[0]), VerdictId.unwrap(registry.verdictIdOf(account, verdicts[0])));
    }

    // withdraw · withdrawBySig

    function testFuzz_Withdraws(VerdictId[2] calldata some) external {
        VerdictId[] memory ids = new VerdictId[](2);
        (ids[0], ids[1]) = (some[0], some[1]);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(registry));
            emit IVerdictRegistry.VerdictWithdrawn(ids[i], address(this));
        }
        registry.withdraw(ids);

        bytes32 message = keccak256(
            abi.encode(WITHDRAWAL_TYPEHASH, author, keccak256(abi.encodePacked(ids[0], ids[1])), 0, FAR)
        );
        bytes memory signature = _sign(message);
        VerdictId[] memory fewer = new VerdictId[](1);
        fewer[0] = ids[0];
        vm.expectRevert(IVerdictRegistry.VerdictRegistry_InvalidSignature.selector);
        registry.withdrawBySig(author, fewer, 0, FAR, signature);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(registry));
            emit IVerdictRegistry.VerdictWithdrawn(ids[i], author);
        }
        registry.withdrawBySig(author, ids, 0, FAR, signature);
    }

    function _verdicts() private pure returns (Verdict[] memory verdicts) {
        verdicts = new Verdict[](2);
        verdicts[0] = Verdict(SubjectKind.Inference, "subject", 100, "replay", "evidence", "uri");
        verdicts[1] = Verdict(SubjectKind.Model, "subject", 0, "", 0, "uri");
    }

    function _postMessage(Verdict[] memory verdicts, uint256 nonce, uint256 deadline) private view returns (bytes32) {
        return keccak256(abi.encode(POST_TYPEHASH, author, _hashOf(verdicts), nonce, deadline));
    }

    function _hashOf(Verdict[] memory verdicts) private pure returns (bytes32) {
        bytes memory hashes;
        for (uint256 i = 0; i < verdicts.length; ++i) {
            Verdict memory v = verdicts[i];
            bytes32 hash = keccak256(
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
            hashes = bytes.concat(hashes, hash);
        }
        return keccak256(hashes);
    }

    function _sign(bytes32 message) private view returns (bytes memory) {
        return sign(AUTHOR_KEY, digestOf(address(registry), message));
    }
}
